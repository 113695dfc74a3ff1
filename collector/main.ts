/** The collector process: started and ended by the supervisor, like the web process. */

import { runChild } from '#server/process/child'
import { COLLECTOR_NICE, yieldToOtherThreads } from '#server/process/thread-priority'
import { startCollector } from './server'

yieldToOtherThreads(COLLECTOR_NICE)
runChild('collector', (runtime) => startCollector(runtime))
