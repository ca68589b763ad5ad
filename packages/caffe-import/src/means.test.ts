import { describe, expect, test } from 'vitest'
import { channelMeans, readMeanImage } from './means.js'

// Files of NumPy 1.24.2: np.save, and np.lib.format.write_array for version 2.0 of the format.
const files = {
  /** `np.arange(12, dtype='f4').reshape(3, 2, 2)` */
  image:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsIDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEAAAMBAAADgQAAAAEEAABBBAAAgQQAAMEE=',
  /** The same with an axis for the batch, in version 2.0. */
  version2:
    'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMywgMiwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEAAAMBAAADgQAAAAEEAABBBAAAgQQAAMEE=',
  /** `np.array([104.00699, 116.66877, 122.67892])` */
  channels:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqKWS+GcgBaQPCiryDNKl1AbCbfbHOrXkA=',
  /** `np.asfortranarray` of the image. */
  columnsFirst:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMywgMiwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAQAAAAEEAAABAAADAQAAAIEEAAIA/AACgQAAAEEEAAEBAAADgQAAAMEE=',
  /** The image as int32. */
  integers:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsIDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAQAAAAIAAAADAAAABAAAAAUAAAAGAAAABwAAAAgAAAAJAAAACgAAAAsAAAA=',
}
const bytesOf = (name: keyof typeof files) => Uint8Array.from(Buffer.from(files[name], 'base64'))

const rule =
  'a mean is one image, [C, H, W], or one number per channel, as .binaryproto or .npy in C order; save it in this form, or pass the numbers'

describe('a mean that NumPy saved', () => {
  test.each(['image', 'version2'] as const)('is an image: %s', (name) => {
    const mean = readMeanImage(bytesOf(name))
    expect(mean).toEqual({ channels: 3, height: 2, width: 2, values: Float32Array.from({ length: 12 }, (_, i) => i) })
    expect(channelMeans(mean)).toEqual([1.5, 5.5, 9.5])
  })

  test('is a number for each channel, of double precision', () => {
    const mean = readMeanImage(bytesOf('channels'))
    expect(mean).toMatchObject({ channels: 3, height: 1, width: 1 })
    expect(channelMeans(mean)).toEqual([104.00699, 116.66877, 122.67892].map(Math.fround))
  })

  test('is refused in column order, as integers, cut off or of four axes', () => {
    const read = (bytes: Uint8Array) => () => readMeanImage(bytes, 'mean.npy')
    expect(read(bytesOf('columnsFirst'))).toThrow(
      `mean.npy: array of {'descr': '<f4', 'fortran_order': True, 'shape': (3, 2, 2), }: ${rule}`,
    )
    expect(read(bytesOf('integers'))).toThrow(
      `mean.npy: array of {'descr': '<i4', 'fortran_order': False, 'shape': (3, 2, 2), }: ${rule}`,
    )
    expect(read(bytesOf('image').subarray(0, -1))).toThrow(`mean.npy: 47 bytes for [3, 2, 2]: ${rule}`)
    expect(read(bytesOf('image').subarray(0, 11))).toThrow(`mean.npy: 11 bytes: ${rule}`)
    const batch = bytesOf('version2')
    batch[batch.indexOf(0x31)] = 0x32 // two images
    expect(read(batch)).toThrow(`mean.npy: 48 bytes for [2, 3, 2, 2]: ${rule}`)
  })
})
