/** The upper triangle of a symmetric 3×3 matrix, row by row: xx, xy, xz, yy, yz, zz. */
export type Symmetric3 = readonly [number, number, number, number, number, number]

export type Vector3 = readonly [number, number, number]

/** The unit eigenvector of the smallest eigenvalue, of either sign, by Jacobi's rotations. */
export function smallestEigenvector([xx, xy, xz, yy, yz, zz]: Symmetric3): Vector3 {
  const a = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ]
  const vectors = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  // Convergence is quadratic; a handful of sweeps reaches the last bit.
  for (let sweep = 0; sweep < 30 && Math.abs(a[0][1]) + Math.abs(a[0][2]) + Math.abs(a[1][2]) > 0; sweep++) {
    rotate(a, vectors, 0, 1)
    rotate(a, vectors, 0, 2)
    rotate(a, vectors, 1, 2)
  }
  const smallest = [0, 1, 2].reduce((best, i) => (a[i][i] < a[best][best] ? i : best), 0)
  return [vectors[0][smallest], vectors[1][smallest], vectors[2][smallest]]
}

/** Makes a[p][q] zero. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  if (a[p][q] === 0) return
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (let k = 0; k < 3; k++) {
    const [kp, kq] = [a[k][p], a[k][q]]
    a[k][p] = cosine * kp - sine * kq
    a[k][q] = sine * kp + cosine * kq
  }
  for (let k = 0; k < 3; k++) {
    const [pk, qk] = [a[p][k], a[q][k]]
    a[p][k] = cosine * pk - sine * qk
    a[q][k] = sine * pk + cosine * qk
    const [vp, vq] = [vectors[k][p], vectors[k][q]]
    vectors[k][p] = cosine * vp - sine * vq
    vectors[k][q] = sine * vp + cosine * vq
  }
  a[p][q] = 0
  a[q][p] = 0
}
