import { expect, test } from 'vitest'
import { mergeTexts } from '#server/metrics/merge'

const web = `# HELP a_total How many.
# TYPE a_total counter
a_total{process="web"} 1

# HELP b Now.
# TYPE b gauge
b{process="web"} 2
`
const collector = `# HELP b Now.
# TYPE b gauge
b{process="collector"} 3

# HELP c Seconds.
# TYPE c histogram
c_bucket{le="+Inf",process="collector"} 0
c_sum{process="collector"} 0
c_count{process="collector"} 0
`

test('a metric of two processes is named once, its samples together', () => {
  expect(mergeTexts([web, collector])).toBe(`# HELP a_total How many.
# TYPE a_total counter
a_total{process="web"} 1

# HELP b Now.
# TYPE b gauge
b{process="web"} 2
b{process="collector"} 3

# HELP c Seconds.
# TYPE c histogram
c_bucket{le="+Inf",process="collector"} 0
c_sum{process="collector"} 0
c_count{process="collector"} 0
`)
})

test('a process that has nothing to tell changes nothing', () => {
  expect(mergeTexts(['', web])).toBe(web)
  expect(mergeTexts([])).toBe('')
})

test('a metric without samples keeps its head', () => {
  const empty = '# HELP d Calls.\n# TYPE d counter\n'
  expect(mergeTexts([empty, empty])).toBe(empty)
})
