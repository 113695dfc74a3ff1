import { expect, test } from 'vitest'
import { measureRefusals, tellingKinds } from '../../test/sign-in-times'

test('unknown, directory, disabled and imported accounts take as long as a wrong password', async () => {
  const medians = await measureRefusals(200)
  expect(tellingKinds(medians), JSON.stringify(medians)).toEqual([])
}, 180_000)
