import { describe, expect, it } from 'vitest'
import { Admission } from '#server/ingest/admission'

const full = expect.objectContaining({ kind: 'unavailable', code: 'queue_full', retryAfterSeconds: 1 })
const admission = (limits: Partial<{ maxQueuedSpans: number; maxInflightBytes: number }> = {}) =>
  new Admission({ maxQueuedSpans: 1000, maxInflightBytes: 1000, ...limits })

describe('admission', () => {
  it('lets in a request of any size when nothing is in flight', () => {
    const place = admission().enter()
    expect(() => place.grow(5000)).not.toThrow()
  })

  it('lets one request grow piece by piece past the limit when nothing else holds bytes', () => {
    const gate = admission()
    const other = gate.enter()
    const place = gate.enter()
    place.grow(900)
    expect(() => place.grow(900)).not.toThrow()
    expect(() => other.grow(1)).toThrow(full)
  })

  it('refuses a newcomer once the bytes in flight reach the limit', () => {
    const gate = admission()
    gate.enter().grow(1000)
    expect(() => gate.enter()).toThrow(full)
  })

  it('refuses a body that would exceed the limit together with the others', () => {
    const gate = admission()
    gate.enter().grow(600)
    const place = gate.enter()
    expect(() => place.grow(401)).toThrow(full)
    expect(() => place.grow(400)).not.toThrow()
  })

  it('refuses a newcomer once the spans in flight reach the limit', () => {
    const gate = admission({ maxQueuedSpans: 10 })
    const place = gate.enter()
    place.setSpans(9)
    gate.enter()
    place.setSpans(10)
    expect(() => gate.enter()).toThrow(full)
  })

  it('lets newcomers in again when a place is given back', () => {
    const gate = admission({ maxQueuedSpans: 10 })
    const place = gate.enter()
    place.grow(1000)
    place.setSpans(10)
    place.release()
    expect(() => gate.enter().grow(1000)).not.toThrow()
  })

  it('counts a place given back twice once', () => {
    const gate = admission()
    gate.enter().grow(600)
    const place = gate.enter()
    place.grow(400)
    place.release()
    place.release()
    const last = gate.enter()
    expect(() => last.grow(401)).toThrow(full)
  })

  it('counts nothing for a place that was given back', () => {
    const gate = admission()
    const gone = gate.enter()
    gone.release()
    gone.grow(900)
    gone.setSpans(900)
    gate.enter()
    const place = gate.enter()
    expect(() => place.grow(900)).not.toThrow()
  })

  it('counts refusals by what there was too much of', () => {
    const gate = admission({ maxQueuedSpans: 10, maxInflightBytes: 100 })
    const place = gate.enter()
    place.setSpans(10)
    expect(() => gate.enter()).toThrow(full)
    place.grow(100)
    expect(() => gate.enter()).toThrow(full)
    expect(() => gate.enter()).toThrow(full)
    expect(gate.state).toEqual({
      queue: { requests: 1, spans: 10, bytes: 100 },
      refusals: { bytes: 2, spans: 1 },
    })
  })
})
