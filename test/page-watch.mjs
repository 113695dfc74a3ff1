/**
 * A process of its own that asks for one page again and again, as an open browser does, until its input ends. Then it
 * prints the times in milliseconds and the number of answers that were not 200. Senders in the same process would delay it.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const [, , url, pauseMs] = process.argv
const headers = process.env.PAGE_COOKIE ? { cookie: process.env.PAGE_COOKIE } : {}
const times = []
let errors = 0
let stopping = false
process.stdin.on('end', () => {
  stopping = true
})
process.stdin.resume()
while (!stopping) {
  const asked = performance.now()
  const answer = await fetch(url, { headers, redirect: 'manual' }).catch(() => null)
  await answer?.text().catch(() => {})
  times.push(performance.now() - asked)
  if (answer?.status !== 200) errors += 1
  await sleep(Number(pauseMs))
}
console.log(JSON.stringify({ times, errors }))
