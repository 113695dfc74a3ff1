import { describe, expect, test } from 'vitest'
import { uniqueIdFilter, uniqueIdOf } from '#server/ldap/unique-id'

const BYTES = Buffer.from('c7e412221e050c4d9a5b12770a9bb7ab', 'hex')
const GUID = '2212e4c7-051e-4d0c-9a5b-12770a9bb7ab'

describe('an id as it is stored', () => {
  test.each<[string, Buffer, string | null]>([
    ['sixteen bytes are a GUID, its first fields backwards', BYTES, GUID],
    [
      'so are sixteen that look like text',
      Buffer.from('ABCDEFGHIJKLMNOP'),
      '44434241-4645-4847-494a-4b4c4d4e4f50',
    ],
    [
      'text in small letters',
      Buffer.from(' 550E8400-E29B-41D4-A716-446655440000\n'),
      '550e8400-e29b-41d4-a716-446655440000',
    ],
    ['nsUniqueId', Buffer.from('66446001-1DD211B2-BD8BBFC0-8D93CBB1'), '66446001-1dd211b2-bd8bbfc0-8d93cbb1'],
    ['other bytes as hexadecimal', Buffer.from([0xff, 0x00, 0xab]), 'ff00ab'],
    ['blanks are none', Buffer.from('   '), null],
    ['nothing is none', Buffer.alloc(0), null],
  ])('%s', (_, bytes, id) => {
    expect(uniqueIdOf(bytes)).toBe(id)
  })
})

describe('the way back', () => {
  test('objectGUID is asked for by its bytes', () => {
    expect(uniqueIdFilter('objectGUID', GUID)).toMatchObject({ attribute: 'objectGUID', value: BYTES })
  })

  test('an id like a GUID may be text elsewhere', () => {
    expect(uniqueIdFilter('entryUUID', GUID)).toMatchObject({ filters: [{ value: GUID }, { value: BYTES }] })
  })

  test('any other is text', () => {
    expect(uniqueIdFilter('uidNumber', '1001')).toMatchObject({ attribute: 'uidNumber', value: '1001' })
  })
})
