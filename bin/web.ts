/** The web process: pages, REST and OTLP over HTTP on one port, behind our own listener. */
import { runChild } from '#server/process/child'
import { startWeb } from './web/start-web'

runChild('web', startWeb)
