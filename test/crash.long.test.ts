import { describeCrashes } from './crash-matrix'

describeCrashes({ rounds: 100, stoppedMs: 1_500 })
// As long as a request may wait at all: all of them are told to come again.
describeCrashes({ rounds: 5, stoppedMs: 31_000, only: /stopped|frozen/ })
