import { afterAll } from 'vitest'
import { removeTestDatabases } from './database'

afterAll(removeTestDatabases)
