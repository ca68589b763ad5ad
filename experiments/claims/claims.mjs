/**
 * What is claimed, as pairs of runs to compare. `order`: the first is at least as good, or less so by no more than the
 * tolerance, in points of mean IU; `effect`: only reported.
 * Sources: Long 2016, sections as named.
 */
export const claims = [
  { says: 'fine-tuning all layers beats the fixed trunk (§3.3.6)', better: 'plain', worse: 'fixed' },
  { says: 'FCN-8s is at least as good as FCN-16s (§3.3.2)', better: 'sum-8s', worse: 'plain' },
  { says: 'FCN-4s is at least as good as FCN-8s', better: 'sum-4s', worse: 'sum-8s' },
  { says: 'adding a skip beats only lowering the rate (§3.3.2)', better: 'sum-8s', worse: 'lower-rate' },
  { says: 'summing the skip beats the larger score (§3.3.2, note 7)', better: 'sum-8s', worse: 'max-8s' },
  { says: 'summing the skip beats learning from its features alone (§3.3.2)', better: 'sum-8s', worse: 'skip-alone' },
  {
    says: 'summing the skip beats a net of its features alone that starts from ImageNet',
    better: 'sum-8s',
    worse: 'skip-anew',
  },
  {
    says: 'whole images are at least as good as half of the patches at equal time (§3.3.8)',
    better: 'plain',
    worse: 'half-sampled',
    at: 'equal time',
  },
  {
    says: 'whole images are at least as good as a quarter of the patches at equal time (§3.3.8)',
    better: 'plain',
    worse: 'quarter-sampled',
    at: 'equal time',
  },
  { says: 'effect of mirroring (§3.3.11)', better: 'mirrored', worse: 'plain', kind: 'effect' },
  { says: 'effect of mirroring and shifting (§3.3.11)', better: 'jittered', worse: 'plain', kind: 'effect' },
  { says: 'effect of class balancing (§3.3.9)', better: 'balanced', worse: 'plain', kind: 'effect' },
  {
    says: 'two heads are as good at what a thing is as one (§3.4)',
    better: 'both',
    worse: 'semantic',
    tolerance: 1,
  },
  {
    says: 'two heads are as good at its shape as one (§3.4)',
    better: 'both',
    worse: 'geometric',
    target: 'geometric',
    tolerance: 1,
  },
]

/**
 * A run's scores when it had trained for as long as whole plain images take to the end of their full rate, between the
 * evaluations around.
 */
export function atEqualTime(run, { name, evaluateEvery }, fullSteps, times) {
  const step = (fullSteps * times.plain) / times[name]
  const after = run.evaluations.find((one) => one.step >= step) ?? run.evaluations.at(-1)
  const before = run.evaluations.find((one) => one.step === after.step - evaluateEvery)
  if (before === undefined || step >= after.step) return after.labels
  const share = (step - before.step) / (after.step - before.step)
  return { meanIU: before.labels.meanIU + share * (after.labels.meanIU - before.labels.meanIU) }
}
