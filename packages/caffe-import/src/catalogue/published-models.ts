/** A model that its authors published, and where. */
export interface PublishedModel {
  readonly name: string
  readonly description: string
  /** The trained weights. */
  readonly url: string
  /** How many numbers the weights file holds: counted from the net. */
  readonly parameters: number
  readonly sha1?: string
  /** Where the text of the net (prototxt) is. */
  readonly net: string
  /** The terms as far as they are stated; nothing here is legal advice. */
  readonly licence: string
}

const berkeley = 'http://dl.caffe.berkeleyvision.org'
const fcnLicence = 'no licence file; the README of the release names that of Caffe (BSD-2)'

function fcn(folder: string, file: string, parameters: number, description: string): PublishedModel {
  return {
    name: folder,
    description,
    parameters,
    url: `${berkeley}/${file}.caffemodel`,
    net: `https://raw.githubusercontent.com/shelhamer/fcn.berkeleyvision.org/master/${folder}/val.prototxt`,
    licence: fcnLicence,
  }
}

/**
 * How long a model's file is, in bytes: four for each number, and a little for the names and settings of the layers.
 *
 * The little is 20 kB in GoogLeNet's file, the longest text there is; a file that is more than 1 % longer is another.
 */
export function expectedBytes({ parameters }: Pick<PublishedModel, 'parameters'>): { least: number; most: number } {
  return { least: 4 * parameters, most: Math.ceil(4.04 * parameters) }
}

/** Models that the field publishes as Caffe nets. Source: the FCN release and Caffe's model zoo. */
export const publishedModels: readonly PublishedModel[] = [
  fcn(
    'voc-fcn32s',
    'fcn32s-heavy-pascal',
    136_152_917,
    'FCN-32s VGG-16, PASCAL VOC, 21 classes, 63.6 mean IU on seg11valid',
  ),
  fcn(
    'voc-fcn16s',
    'fcn16s-heavy-pascal',
    134_815_994,
    'FCN-16s VGG-16, PASCAL VOC, 21 classes, 65.0 mean IU on seg11valid',
  ),
  fcn(
    'voc-fcn8s',
    'fcn8s-heavy-pascal',
    134_489_759,
    'FCN-8s VGG-16, PASCAL VOC, 21 classes, 65.5 mean IU on seg11valid',
  ),
  fcn(
    'voc-fcn8s-atonce',
    'fcn8s-atonce-pascal',
    134_490_527,
    'FCN-8s VGG-16 trained at once, 21 classes, 65.4 mean IU on seg11valid',
  ),
  fcn(
    'voc-fcn-alexnet',
    'fcn-alexnet-pascal',
    58_704_590,
    'FCN-32s AlexNet, PASCAL VOC, 21 classes, 48.0 mean IU on seg11valid',
  ),
  fcn('nyud-fcn32s-color', 'nyud-fcn32s-color-heavy', 140_978_024, 'FCN-32s VGG-16, NYUDv2 colour, 40 classes'),
  fcn('nyud-fcn32s-hha', 'nyud-fcn32s-hha-heavy', 140_978_024, 'FCN-32s VGG-16, NYUDv2 HHA, 40 classes'),
  fcn(
    'nyud-fcn32s-color-hha',
    'nyud-fcn32s-color-hha-heavy',
    275_402_448,
    'FCN-32s VGG-16, NYUDv2 colour and HHA, 40 classes',
  ),
  fcn(
    'siftflow-fcn32s',
    'siftflow-fcn32s-heavy',
    138_905_444,
    'FCN-32s VGG-16, SIFT Flow, 33 classes and 3 of geometry',
  ),
  fcn(
    'siftflow-fcn16s',
    'siftflow-fcn16s-heavy',
    135_568_424,
    'FCN-16s VGG-16, SIFT Flow, 33 classes and 3 of geometry',
  ),
  fcn('siftflow-fcn8s', 'siftflow-fcn8s-heavy', 134_751_980, 'FCN-8s VGG-16, SIFT Flow, 33 classes and 3 of geometry'),
  fcn(
    'pascalcontext-fcn32s',
    'pascalcontext-fcn32s-heavy',
    149_251_964,
    'FCN-32s VGG-16, PASCAL-Context, 59 classes and background',
  ),
  fcn(
    'pascalcontext-fcn16s',
    'pascalcontext-fcn16s-heavy',
    138_281_144,
    'FCN-16s VGG-16, PASCAL-Context, 59 classes and background',
  ),
  fcn(
    'pascalcontext-fcn8s',
    'pascalcontext-fcn8s-heavy',
    135_589_364,
    'FCN-8s VGG-16, PASCAL-Context, 59 classes and background',
  ),
  {
    name: 'caffenet',
    parameters: 60_965_224,
    description: 'CaffeNet (AlexNet, pooling before normalisation), ILSVRC12, 1000 classes',
    url: `${berkeley}/bvlc_reference_caffenet.caffemodel`,
    sha1: '4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46',
    net: 'https://raw.githubusercontent.com/BVLC/caffe/master/models/bvlc_reference_caffenet/deploy.prototxt',
    licence: 'unrestricted use (BVLC model zoo)',
  },
  {
    name: 'alexnet',
    parameters: 60_965_224,
    description: 'AlexNet, ILSVRC12, 1000 classes',
    url: `${berkeley}/bvlc_alexnet.caffemodel`,
    net: 'https://raw.githubusercontent.com/BVLC/caffe/master/models/bvlc_alexnet/deploy.prototxt',
    licence: 'unrestricted use (BVLC model zoo)',
  },
  {
    name: 'googlenet',
    // The file keeps the two auxiliary classifiers of training.
    parameters: 13_378_280,
    description: 'GoogLeNet, ILSVRC12, 1000 classes',
    url: `${berkeley}/bvlc_googlenet.caffemodel`,
    net: 'https://raw.githubusercontent.com/BVLC/caffe/master/models/bvlc_googlenet/deploy.prototxt',
    licence: 'unrestricted use (BVLC model zoo)',
  },
]
