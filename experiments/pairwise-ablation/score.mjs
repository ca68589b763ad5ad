export async function evaluateScores() {
  throw new Error('pending')
}
