/** Settings that operators paste from elsewhere; each must start the server. */

/** What a shell would put in place of a command or a reference. */
export const SUPPLIED = 'k3J9s+Zq0aVb7/supplied-by-the-operator='

const ROLE_MAPPINGS = `PHOENIX_LDAP_GROUP_ROLE_MAPPINGS = '[
{"group_dn": "CN=Phoenix Admins,OU=Groups,DC=company,DC=com", "role": "ADMIN"},
{"group_dn": "CN=Phoenix Users,OU=Groups,DC=company,DC=com", "role": "MEMBER"}
]'
`

/** Printed without role mappings, which the block of the basic settings has. */
export const ACTIVE_DIRECTORY = `PHOENIX_LDAP_HOST = dc1.company.com,dc2.company.com # Failover DCs
PHOENIX_LDAP_PORT = 389
PHOENIX_LDAP_TLS_MODE = starttls
PHOENIX_LDAP_BIND_DN = "CN=Phoenix Service,OU=Service Accounts,DC=company,DC=com"
PHOENIX_LDAP_BIND_PASSWORD = \${ LDAP_PASSWORD }
# AD User Search
PHOENIX_LDAP_USER_SEARCH_BASE_DNS = "OU=Employees,DC=company,DC=com;OU=Contractors,DC=company,DC=com"
PHOENIX_LDAP_USER_SEARCH_FILTER = "(&(objectClass=user)(sAMAccountName=%s))"
# AD Attributes
PHOENIX_LDAP_ATTR_EMAIL = mail
PHOENIX_LDAP_ATTR_DISPLAY_NAME = displayName
PHOENIX_LDAP_ATTR_MEMBER_OF = memberOf
PHOENIX_LDAP_ATTR_UNIQUE_ID = objectGUID
`

/** Printed without role mappings as well. */
export const OPENLDAP = `PHOENIX_LDAP_HOST = ldap.company.com
PHOENIX_LDAP_PORT = 389
PHOENIX_LDAP_TLS_MODE = starttls
# OpenLDAP Service Account
PHOENIX_LDAP_BIND_DN = "cn=phoenix,ou=services,dc=company,dc=com"
PHOENIX_LDAP_BIND_PASSWORD = \${ LDAP_PASSWORD }
# User Search
PHOENIX_LDAP_USER_SEARCH_BASE_DNS = "ou=people,dc=company,dc=com"
PHOENIX_LDAP_USER_SEARCH_FILTER = "(&(objectClass=inetOrgPerson)(uid=%s))"
# OpenLDAP Attributes
PHOENIX_LDAP_ATTR_EMAIL = mail
PHOENIX_LDAP_ATTR_DISPLAY_NAME = cn
PHOENIX_LDAP_ATTR_UNIQUE_ID = entryUUID
# POSIX Group Search
PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS = "ou=groups,dc=company,dc=com"
PHOENIX_LDAP_GROUP_SEARCH_FILTER = "(&(objectClass=posixGroup)(memberUid=%s))"
`

/** Blocks as public documents about this kind of server print them: what operators paste. */
export const PRINTED_SAMPLES: [name: string, block: string][] = [
  [
    'compose, authentication',
    `- PHOENIX_ENABLE_AUTH=true
      - PHOENIX_SECRET=your-secret-key-minimum-32-characters-long
      - PHOENIX_USE_SECURE_COOKIES=true`,
  ],
  [
    'authentication with blanks around the sign',
    `PHOENIX_ENABLE_AUTH = true
PHOENIX_SECRET = $( openssl rand -base64 32 )
PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD = changeme`,
  ],
  [
    'authentication in capitals',
    `PHOENIX_ENABLE_AUTH=True
PHOENIX_SECRET=3413f9a7735bb780c6b8e4db7d946a492b64d26112a955cdea6a797f4c833593`,
  ],
  [
    'container, authentication',
    `PHOENIX_ENABLE_AUTH=true
PHOENIX_SECRET=change-me-32chars-min1digit1lower
PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD='strong-admin-password'`,
  ],
  ['secrets', 'PHOENIX_ADMIN_SECRET = $( openssl rand -base64 32 )'],
  ['secure cookies', 'PHOENIX_USE_SECURE_COOKIES = true'],
  [
    'audit logging',
    `PHOENIX_LOGGING_MODE = structured
PHOENIX_LOGGING_LEVEL = info`,
  ],
  [
    'mail',
    `export PHOENIX_SMTP_HOSTNAME=smtp.sendgrid.net
export PHOENIX_SMTP_USERNAME=apikey
export PHOENIX_SMTP_PASSWORD=XXXXXXXXXXXXXXXXX`,
  ],
  [
    'cross-origin requests',
    'PHOENIX_ALLOWED_ORIGINS = https://app.example.com,https://dashboard.example.com',
  ],
  ['rate limits off', 'PHOENIX_DISABLE_RATE_LIMIT = true'],
  ['PostgreSQL by query', 'PHOENIX_SQL_DATABASE_URL=postgresql://@host/dbname?user=user&password=password'],
  ['PostgreSQL', 'PHOENIX_SQL_DATABASE_URL=postgresql://user:password@host/dbname'],
  ['SQLite', 'PHOENIX_SQL_DATABASE_URL=sqlite:///path/to/database.db'],
  [
    'PostgreSQL in parts',
    `PHOENIX_POSTGRES_HOST=db
PHOENIX_POSTGRES_PORT=5432
PHOENIX_POSTGRES_USER=user
PHOENIX_POSTGRES_PASSWORD=password
PHOENIX_POSTGRES_DB=postgres`,
  ],
  [
    'Google, and any other provider',
    `- PHOENIX_OAUTH2_GOOGLE_CLIENT_ID=123456789.apps.googleusercontent.com
      - PHOENIX_OAUTH2_GOOGLE_CLIENT_SECRET=GOCSPX-abc123xyz
      - PHOENIX_OAUTH2_GOOGLE_OIDC_CONFIG_URL=https://accounts.google.com/.well-known/openid-configuration
      - PHOENIX_OAUTH2_GOOGLE_DISPLAY_NAME=Sign in with Google
      - PHOENIX_OAUTH2_CUSTOM_CLIENT_ID=your-client-id
      - PHOENIX_OAUTH2_CUSTOM_CLIENT_SECRET=your-client-secret
      - PHOENIX_OAUTH2_CUSTOM_OIDC_CONFIG_URL=https://your-idp/.well-known/openid-configuration
      - PHOENIX_OAUTH2_CUSTOM_DISPLAY_NAME=Sign in with SSO`,
  ],
  [
    'Google, Entra, Cognito and Keycloak',
    `PHOENIX_OAUTH2_GOOGLE_CLIENT_ID = your-client-id.apps.googleusercontent.com
PHOENIX_OAUTH2_GOOGLE_CLIENT_SECRET = \${ GOOGLE_CLIENT_SECRET }
PHOENIX_OAUTH2_GOOGLE_OIDC_CONFIG_URL = https://accounts.google.com/.well-known/openid-configuration
PHOENIX_OAUTH2_GOOGLE_DISPLAY_NAME = Google
PHOENIX_OAUTH2_GOOGLE_ALLOW_SIGN_UP = true
PHOENIX_OAUTH2_GOOGLE_AUTO_LOGIN = false
PHOENIX_OAUTH2_MICROSOFT_CLIENT_ID = your-application-id
PHOENIX_OAUTH2_MICROSOFT_CLIENT_SECRET = \${ MICROSOFT_CLIENT_SECRET }
PHOENIX_OAUTH2_MICROSOFT_OIDC_CONFIG_URL = https://login.microsoftonline.com/ { tenant-id}/v2.0/.well-known/openid-configuration
PHOENIX_OAUTH2_MICROSOFT_DISPLAY_NAME = Microsoft Entra ID
PHOENIX_OAUTH2_MICROSOFT_SCOPES = "offline_access User.Read"
PHOENIX_OAUTH2_MICROSOFT_EMAIL_ATTRIBUTE_PATH = preferred_username
PHOENIX_OAUTH2_COGNITO_CLIENT_ID = your-cognito-client-id
PHOENIX_OAUTH2_COGNITO_CLIENT_SECRET = \${ COGNITO_CLIENT_SECRET }
PHOENIX_OAUTH2_COGNITO_OIDC_CONFIG_URL = https://cognito-idp.us-east-1.amazonaws.com/us-east-1_xxxxx/.well-known/openid-configuration
PHOENIX_OAUTH2_COGNITO_DISPLAY_NAME = AWS Cognito
PHOENIX_OAUTH2_COGNITO_GROUPS_ATTRIBUTE_PATH = "cognito:groups"
PHOENIX_OAUTH2_COGNITO_ALLOWED_GROUPS = "Admins,PowerUsers"
PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID = phoenix
PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET = \${ KEYCLOAK_CLIENT_SECRET }
PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL = https://keycloak.company.com/realms/company/.well-known/openid-configuration
PHOENIX_OAUTH2_KEYCLOAK_DISPLAY_NAME = Keycloak
PHOENIX_OAUTH2_KEYCLOAK_GROUPS_ATTRIBUTE_PATH = "resource_access.phoenix.roles"
PHOENIX_OAUTH2_KEYCLOAK_ROLE_ATTRIBUTE_PATH = "resource_access.phoenix.role"
PHOENIX_OAUTH2_KEYCLOAK_ROLE_MAPPING = "admin:ADMIN,user:MEMBER"`,
  ],
  [
    'ports and folders',
    `PHOENIX_PORT=6006
PHOENIX_GRPC_PORT=4317
PHOENIX_HOST=0.0.0.0
PHOENIX_WORKING_DIR=~/.phoenix/`,
  ],
  [
    'LDAP',
    `# LDAP Server
PHOENIX_LDAP_HOST = ldap.company.com
PHOENIX_LDAP_PORT = 389
PHOENIX_LDAP_TLS_MODE = starttls
PHOENIX_LDAP_TLS_VERIFY = true
# Service Account
PHOENIX_LDAP_BIND_DN = "CN=svc-phoenix,OU=Service Accounts,DC=company,DC=com"
PHOENIX_LDAP_BIND_PASSWORD = \${ LDAP_BIND_PASSWORD }
# User Search
PHOENIX_LDAP_USER_SEARCH_BASE_DNS = "OU=Users,DC=company,DC=com"
PHOENIX_LDAP_USER_SEARCH_FILTER = "(&(objectClass=user)(sAMAccountName=%s))"
# Attributes
PHOENIX_LDAP_ATTR_EMAIL = mail
PHOENIX_LDAP_ATTR_DISPLAY_NAME = displayName
PHOENIX_LDAP_ATTR_MEMBER_OF = memberOf
# Role Mapping
${ROLE_MAPPINGS}PHOENIX_LDAP_ALLOW_SIGN_UP = true`,
  ],
  ['Active Directory, with the mappings', ACTIVE_DIRECTORY + ROLE_MAPPINGS],
  ['OpenLDAP, with the mappings', OPENLDAP + ROLE_MAPPINGS],
]
