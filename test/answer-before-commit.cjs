/** Loaded by the crash test's own proof (NODE_OPTIONS=--require) into every process and thread of the program. */
globalThis[Symbol.for('bennu.test.answer-before-commit')] = true
