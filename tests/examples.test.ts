import { examples, testExamples } from './support/examples.js'

testExamples(examples().filter(({ hasTrial }) => !hasTrial))
