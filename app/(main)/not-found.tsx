import { headers } from 'next/headers'
import { MessagePage } from '#components/shell/message-page'
import { Link } from '#components/ui/link'
import { RequestId } from '#components/ui/request-id'
import { buttonClass } from '../../components/ui/button-class'

export default async function NotFound() {
  const requestId = (await headers()).get('x-request-id')
  return (
    <MessagePage
      title="Not found"
      actions={
        <Link href="/projects" className={buttonClass('primary')}>
          Go to projects
        </Link>
      }
    >
      <p>There is no such page, or what it showed was deleted, or it is not for your role.</p>
      {requestId && <RequestId id={requestId} />}
    </MessagePage>
  )
}
