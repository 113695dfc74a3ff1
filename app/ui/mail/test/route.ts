import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { TestMail } from '#server/mail/model'
import { sendTestMail } from '#server/mail/state'

export const POST = route({
  can: 'mail.test',
  body: TestMail,
  run: ({ ctx, body }) => sendTestMail(ctx, body.to),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
