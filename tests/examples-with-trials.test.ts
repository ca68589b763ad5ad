import { examples, testExamples } from './support/examples.js'

// In a file of its own, so that both halves run side by side.
testExamples(examples().filter(({ hasTrial }) => hasTrial))
