/** The collector process: started and ended by the supervisor, like the web process. */
import { runChild } from '#server/process/child'
import { startCollector } from './server'

runChild('collector', startCollector)
