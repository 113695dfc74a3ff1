/** The collector process: started and ended by the supervisor, like the web process. */
import { COLLECTOR_NICE, yieldToOtherThreads } from '#server/ingest/thread-priority'
import { runChild } from '#server/process/child'
import { startCollector } from './server'

yieldToOtherThreads(COLLECTOR_NICE)
runChild('collector', startCollector)
