import type { BackboneSettings, HeadOptions, Recipe, RecipeSolver, WeightOrigin, WeightRule } from '@pixelwise/fcn'
import type { Schedule } from '@pixelwise/training'
import type { EngineName } from '../engines/engine-names.js'

/** A training run as its configuration file asks for it; what is left out comes from the recipe or from defaults. */
export interface TrainConfig {
  readonly net: NetConfig
  readonly data: DataConfig
  /** Model folders, and files of Caffe's, that give first weights, in this order. */
  readonly initialise: readonly WeightOrigin[]
  /** Layers or weights that do not learn; `*` stands for anything. */
  readonly freeze: readonly string[]
  readonly loss: { readonly normalization?: Recipe['loss']['normalization']; readonly classWeights?: readonly number[] }
  readonly solver: SolverConfig
  readonly steps?: number
  readonly batchSize?: number
  readonly sampler?: SamplerName
  readonly augmentation?: Recipe['data']['augmentation']
  readonly seed: number
  readonly checkpoints: { readonly every?: number; readonly keep: number }
  readonly evaluation: EvaluationConfig
  readonly engine: EngineName
  readonly out?: string
  /** Modules with layers or backbones of one's own; paths from the configuration's folder. */
  readonly plugins: readonly string[]
}

export type NetConfig =
  | {
      readonly recipe: string
      /** In place of the recipe's. */
      readonly backbone?: string
      /** In place of the recipe's, one by one. */
      readonly options: BackboneSettings
      readonly width?: number
    }
  | {
      readonly backbone: string
      readonly options: BackboneSettings
      readonly head: HeadOptions
      readonly width?: number
    }

/** A model folder, or a `.caffemodel`, and how its layers are called; see `initialise` of `@pixelwise/fcn`. */
export type WeightOriginConfig = WeightOrigin

export type SamplerName = Recipe['data']['sampler'] | 'class-balanced'

export interface DataConfig {
  /** Default: the layout that the recipe names. */
  readonly train?: SplitConfig
  readonly validation?: SplitConfig
  /** Where the recipe's layouts lie, where no split says it. */
  readonly root?: string
}

export interface SplitConfig {
  readonly kind: string
  readonly root: string
  readonly split?: string
  /** Examples to leave out: those of another split. */
  readonly without?: SplitConfig
}

export interface SolverConfig {
  readonly preset?: 'heavy' | 'batch-20'
  readonly rule: 'sgd' | 'adam'
  readonly learningRate?: number | Schedule
  readonly momentum?: number
  readonly weightDecay?: number
  readonly iterSize?: number
  readonly clipGradients?: number
  readonly multipliers?: readonly WeightRule[]
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

export interface EvaluationConfig {
  readonly every?: number
  /** Whether the net is scored before the first step too. */
  readonly before: boolean
  /** How many held-out images are scored while training. Default: all. */
  readonly images?: number
  readonly patience?: number
  /** Pictures of predictions that are kept at each evaluation. */
  readonly samples: number
}

/** What a resolved solver is made of: the recipe's form, with what recipes do not know. */
export type ResolvedSolver = Omit<RecipeSolver, 'learningRate' | 'length'> & Omit<SolverConfig, 'preset'>
