/**
 * Types of V1 layers by number, as today's names; numbers from 40 on belong to forks (40: CRF-RNN and FCN crop layers).
 * Source: caffe.proto, and the protos of DeconvNet's fork.
 */
const names: readonly (readonly [number: number, old: string, today: string])[] = [
  [0, 'NONE', ''],
  [1, 'ACCURACY', 'Accuracy'],
  [2, 'BNLL', 'BNLL'],
  [3, 'CONCAT', 'Concat'],
  [4, 'CONVOLUTION', 'Convolution'],
  [5, 'DATA', 'Data'],
  [6, 'DROPOUT', 'Dropout'],
  [7, 'EUCLIDEAN_LOSS', 'EuclideanLoss'],
  [8, 'FLATTEN', 'Flatten'],
  [9, 'HDF5_DATA', 'HDF5Data'],
  [10, 'HDF5_OUTPUT', 'HDF5Output'],
  [11, 'IM2COL', 'Im2col'],
  [12, 'IMAGE_DATA', 'ImageData'],
  [13, 'INFOGAIN_LOSS', 'InfogainLoss'],
  [14, 'INNER_PRODUCT', 'InnerProduct'],
  [15, 'LRN', 'LRN'],
  [16, 'MULTINOMIAL_LOGISTIC_LOSS', 'MultinomialLogisticLoss'],
  [17, 'POOLING', 'Pooling'],
  [18, 'RELU', 'ReLU'],
  [19, 'SIGMOID', 'Sigmoid'],
  [20, 'SOFTMAX', 'Softmax'],
  [21, 'SOFTMAX_LOSS', 'SoftmaxWithLoss'],
  [22, 'SPLIT', 'Split'],
  [23, 'TANH', 'TanH'],
  [24, 'WINDOW_DATA', 'WindowData'],
  [25, 'ELTWISE', 'Eltwise'],
  [26, 'POWER', 'Power'],
  [27, 'SIGMOID_CROSS_ENTROPY_LOSS', 'SigmoidCrossEntropyLoss'],
  [28, 'HINGE_LOSS', 'HingeLoss'],
  [29, 'MEMORY_DATA', 'MemoryData'],
  [30, 'ARGMAX', 'ArgMax'],
  [31, 'THRESHOLD', 'Threshold'],
  [32, 'DUMMY_DATA', 'DummyData'],
  [33, 'SLICE', 'Slice'],
  [34, 'MVN', 'MVN'],
  [35, 'ABSVAL', 'AbsVal'],
  [36, 'SILENCE', 'Silence'],
  [37, 'CONTRASTIVE_LOSS', 'ContrastiveLoss'],
  [38, 'EXP', 'Exp'],
  [39, 'DECONVOLUTION', 'Deconvolution'],
  [40, 'CROP', 'Crop'],
  [41, 'ELTWISE_ACCURACY', 'EltwiseAccuracy'],
  [42, 'UNPOOLING', 'Unpooling'],
  [43, 'BN', 'BN'],
  [46, 'IMAGE_SEG_DATA', 'ImageSegData'],
  [47, 'WINDOW_SEG_DATA', 'WindowSegData'],
  [51, 'WINDOW_SEG_BINARY', 'WindowSegBinary'],
]

const byNumber = new Map(names.map(([number, , today]) => [number, today]))
const byOldName = new Map(names.map(([, old, today]) => [old, today]))

/** Today's name of a V1 layer type, by its number or its old name; undefined for one that is not known. */
export function v1TypeName(type: number | string): string | undefined {
  return typeof type === 'number' ? byNumber.get(type) : byOldName.get(type)
}

/** The old names, for the schema of text files. */
export const v1TypeNames: readonly string[] = names.map(([, old]) => old)
