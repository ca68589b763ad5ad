import { v1TypeNames } from '../net/v1-types.js'

/** What a field of a text message holds. */
export interface FieldType {
  /** `int32`, `uint32`, `int64`, `float`, `bool`, `string`, or the name of an enum or message. */
  readonly type: string
  readonly repeated: boolean
}

/** Enums by name, their values in order; a file may also write the number. */
export const enums: Readonly<Record<string, readonly string[]>> = {
  Phase: ['TRAIN', 'TEST'],
  Engine: ['DEFAULT', 'CAFFE', 'CUDNN'],
  PoolMethod: ['MAX', 'AVE', 'STOCHASTIC'],
  RoundMode: ['CEIL', 'FLOOR'],
  UnpoolMethod: ['MAX', 'AVE', 'TILE'],
  NormRegion: ['ACROSS_CHANNELS', 'WITHIN_CHANNEL'],
  EltwiseOperation: ['PROD', 'SUM', 'MAX'],
  ReductionOperation: ['', 'SUM', 'ASUM', 'SUMSQ', 'MEAN'],
  Normalization: ['FULL', 'VALID', 'BATCH_SIZE', 'NONE'],
  HingeNorm: ['', 'L1', 'L2'],
  VarianceNorm: ['FAN_IN', 'FAN_OUT', 'AVERAGE'],
  SharePermission: ['STRICT', 'PERMISSIVE'],
  DatabaseKind: ['LEVELDB', 'LMDB'],
  BatchNormMode: ['LEARN', 'INFERENCE'],
  SnapshotFormat: ['HDF5', 'BINARYPROTO'],
  SolverMode: ['CPU', 'GPU'],
  SolverType: ['SGD', 'NESTEROV', 'ADAGRAD', 'RMSPROP', 'ADADELTA', 'ADAM'],
  V1LayerType: v1TypeNames,
}

const window = 'kernel_h:uint32 kernel_w:uint32 stride_h:uint32 stride_w:uint32 pad_h:uint32 pad_w:uint32 engine:Engine'
const data =
  'source:string batch_size:uint32 scale:float mean_file:string crop_size:uint32 mirror:bool rand_skip:uint32 ' +
  'new_height:uint32 new_width:uint32 is_color:bool shuffle:bool root_folder:string'
const layerParameters =
  'transform_param:TransformationParameter loss_param:LossParameter accuracy_param:AccuracyParameter ' +
  'argmax_param:ArgMaxParameter batch_norm_param:BatchNormParameter bias_param:BiasParameter clip_param:ClipParameter ' +
  'concat_param:ConcatParameter contrastive_loss_param:ContrastiveLossParameter convolution_param:ConvolutionParameter ' +
  'crop_param:CropParameter data_param:DataParameter dropout_param:DropoutParameter ' +
  'dummy_data_param:DummyDataParameter eltwise_param:EltwiseParameter elu_param:ELUParameter ' +
  'embed_param:EmbedParameter exp_param:ExpParameter flatten_param:FlattenParameter ' +
  'hdf5_data_param:HDF5DataParameter hdf5_output_param:HDF5OutputParameter hinge_loss_param:HingeLossParameter ' +
  'image_data_param:ImageDataParameter infogain_loss_param:InfogainLossParameter ' +
  'inner_product_param:InnerProductParameter input_param:InputParameter log_param:LogParameter ' +
  'lrn_param:LRNParameter memory_data_param:MemoryDataParameter mvn_param:MVNParameter ' +
  'parameter_param:ParameterParameter pooling_param:PoolingParameter power_param:PowerParameter ' +
  'prelu_param:PReLUParameter python_param:PythonParameter recurrent_param:RecurrentParameter ' +
  'reduction_param:ReductionParameter relu_param:ReLUParameter reshape_param:ReshapeParameter ' +
  'scale_param:ScaleParameter sigmoid_param:EngineParameter softmax_param:SoftmaxParameter spp_param:SPPParameter ' +
  'slice_param:SliceParameter swish_param:SwishParameter tanh_param:EngineParameter ' +
  'threshold_param:ThresholdParameter tile_param:TileParameter window_data_param:WindowDataParameter ' +
  // Forks: SSD, DeconvNet, SegNet and ENet, DeepLab and PSPNet.
  'permute_param:PermuteParameter norm_param:NormalizeParameter unpooling_param:UnpoolingParameter ' +
  'bn_param:BNParameter upsample_param:UpsampleParameter interp_param:InterpParameter ' +
  'image_seg_data_param:ImageDataParameter'

/** Every message of a text file: `name:type`, with `*` behind repeated ones. Source: caffe.proto and the forks named. */
const messages: Readonly<Record<string, string>> = {
  NetParameter:
    'name:string input:string* input_shape:BlobShape* input_dim:int32* force_backward:bool state:NetState ' +
    'debug_info:bool layer:LayerParameter* layers:V1LayerParameter*',
  BlobShape: 'dim:int64*',
  BlobProto:
    'num:int32 channels:int32 height:int32 width:int32 data:float* diff:float* shape:BlobShape double_data:float* ' +
    'double_diff:float*',
  NetState: 'phase:Phase level:int32 stage:string*',
  NetStateRule: 'phase:Phase min_level:int32 max_level:int32 stage:string* not_stage:string*',
  ParamSpec: 'name:string share_mode:SharePermission lr_mult:float decay_mult:float',
  FillerParameter:
    'type:string value:float min:float max:float mean:float std:float sparse:int32 variance_norm:VarianceNorm',
  LayerParameter:
    'name:string type:string bottom:string* top:string* phase:Phase loss_weight:float* param:ParamSpec* ' +
    `blobs:BlobProto* propagate_down:bool* include:NetStateRule* exclude:NetStateRule* ${layerParameters}`,
  V1LayerParameter:
    'name:string type:V1LayerType bottom:string* top:string* blobs:BlobProto* param:string* ' +
    'blob_share_mode:SharePermission* blobs_lr:float* weight_decay:float* loss_weight:float* include:NetStateRule* ' +
    `exclude:NetStateRule* layer:V0LayerParameter ${layerParameters}`,
  V0LayerParameter:
    'name:string type:string num_output:uint32 biasterm:bool weight_filler:FillerParameter bias_filler:FillerParameter ' +
    'pad:uint32 kernelsize:uint32 group:uint32 stride:uint32 pool:PoolMethod dropout_ratio:float local_size:uint32 ' +
    'alpha:float beta:float k:float source:string scale:float meanfile:string batchsize:uint32 cropsize:uint32 ' +
    'mirror:bool blobs:BlobProto* blobs_lr:float* weight_decay:float* rand_skip:uint32 det_fg_threshold:float ' +
    'det_bg_threshold:float det_fg_fraction:float det_context_pad:uint32 det_crop_mode:string new_num:int32 ' +
    'new_channels:int32 new_height:int32 new_width:int32 shuffle_images:bool concat_dim:uint32 ' +
    'hdf5_output_param:HDF5OutputParameter',
  TransformationParameter:
    'scale:float mirror:bool crop_size:uint32 mean_file:string mean_value:float* force_color:bool force_gray:bool',
  LossParameter: 'ignore_label:int32 normalize:bool normalization:Normalization',
  AccuracyParameter: 'top_k:uint32 axis:int32 ignore_label:int32',
  ArgMaxParameter: 'out_max_val:bool top_k:uint32 axis:int32',
  BatchNormParameter: 'use_global_stats:bool moving_average_fraction:float eps:float',
  BiasParameter: 'axis:int32 num_axes:int32 filler:FillerParameter',
  ClipParameter: 'min:float max:float',
  ConcatParameter: 'axis:int32 concat_dim:uint32',
  ContrastiveLossParameter: 'margin:float legacy_version:bool',
  ConvolutionParameter:
    'num_output:uint32 bias_term:bool pad:uint32* kernel_size:uint32* stride:uint32* dilation:uint32* group:uint32 ' +
    `axis:int32 force_nd_im2col:bool weight_filler:FillerParameter bias_filler:FillerParameter ${window} ` +
    'hole:uint32* hole_h:uint32 hole_w:uint32',
  CropParameter: 'axis:int32 offset:uint32*',
  DataParameter: `${data} backend:DatabaseKind force_encoded_color:bool prefetch:uint32`,
  DropoutParameter: 'dropout_ratio:float scale_train:bool',
  DummyDataParameter:
    'data_filler:FillerParameter* shape:BlobShape* num:uint32* channels:uint32* height:uint32* width:uint32*',
  EltwiseParameter: 'operation:EltwiseOperation coeff:float* stable_prod_grad:bool',
  ELUParameter: 'alpha:float',
  EmbedParameter:
    'num_output:uint32 input_dim:uint32 bias_term:bool weight_filler:FillerParameter bias_filler:FillerParameter',
  EngineParameter: 'engine:Engine',
  ExpParameter: 'base:float scale:float shift:float',
  FlattenParameter: 'axis:int32 end_axis:int32',
  HDF5DataParameter: 'source:string batch_size:uint32 shuffle:bool',
  HDF5OutputParameter: 'file_name:string',
  HingeLossParameter: 'norm:HingeNorm',
  ImageDataParameter: `${data} label_type:string ignore_label:int32`,
  InfogainLossParameter: 'source:string axis:int32',
  InnerProductParameter:
    'num_output:uint32 bias_term:bool weight_filler:FillerParameter bias_filler:FillerParameter axis:int32 transpose:bool',
  InputParameter: 'shape:BlobShape*',
  LogParameter: 'base:float scale:float shift:float',
  LRNParameter: 'local_size:uint32 alpha:float beta:float norm_region:NormRegion k:float engine:Engine',
  MemoryDataParameter: 'batch_size:uint32 channels:uint32 height:uint32 width:uint32',
  MVNParameter: 'normalize_variance:bool across_channels:bool eps:float',
  ParameterParameter: 'shape:BlobShape',
  PoolingParameter: `pool:PoolMethod kernel_size:uint32 stride:uint32 pad:uint32 ${window} global_pooling:bool round_mode:RoundMode`,
  PowerParameter: 'power:float scale:float shift:float',
  PReLUParameter: 'filler:FillerParameter channel_shared:bool',
  PythonParameter: 'module:string layer:string param_str:string share_in_parallel:bool',
  RecurrentParameter:
    'num_output:uint32 weight_filler:FillerParameter bias_filler:FillerParameter debug_info:bool expose_hidden:bool',
  ReductionParameter: 'operation:ReductionOperation axis:int32 coeff:float',
  ReLUParameter: 'negative_slope:float engine:Engine',
  ReshapeParameter: 'shape:BlobShape axis:int32 num_axes:int32',
  ScaleParameter: 'axis:int32 num_axes:int32 filler:FillerParameter bias_term:bool bias_filler:FillerParameter',
  SliceParameter: 'axis:int32 slice_point:uint32* slice_dim:uint32',
  SoftmaxParameter: 'engine:Engine axis:int32',
  SPPParameter: 'pyramid_height:uint32 pool:PoolMethod engine:Engine',
  SwishParameter: 'beta:float',
  ThresholdParameter: 'threshold:float',
  TileParameter: 'axis:int32 tiles:int32',
  WindowDataParameter:
    `${data} fg_threshold:float bg_threshold:float fg_fraction:float context_pad:uint32 crop_mode:string ` +
    'cache_images:bool',
  PermuteParameter: 'order:uint32*',
  NormalizeParameter: 'across_spatial:bool scale_filler:FillerParameter channel_shared:bool eps:float',
  UnpoolingParameter:
    'unpool:UnpoolMethod kernel_size:uint32 stride:uint32 pad:uint32 unpool_size:uint32 unpool_h:uint32 ' +
    `unpool_w:uint32 ${window}`,
  BNParameter:
    'scale_filler:FillerParameter shift_filler:FillerParameter bn_mode:BatchNormMode slope_filler:FillerParameter ' +
    'bias_filler:FillerParameter momentum:float eps:float frozen:bool icnet:bool update_global_stats:bool engine:Engine',
  UpsampleParameter:
    'scale:uint32 scale_h:uint32 scale_w:uint32 pad_out_h:bool pad_out_w:bool upsample_h:uint32 upsample_w:uint32',
  InterpParameter: 'height:int32 width:int32 zoom_factor:int32 shrink_factor:int32 pad_beg:int32 pad_end:int32',
  SolverParameter:
    'net:string net_param:NetParameter train_net:string test_net:string* train_net_param:NetParameter ' +
    'test_net_param:NetParameter* train_state:NetState test_state:NetState* test_iter:int32* test_interval:int32 ' +
    'test_compute_loss:bool test_initialization:bool base_lr:float display:int32 average_loss:int32 max_iter:int32 ' +
    'iter_size:int32 lr_policy:string gamma:float power:float momentum:float weight_decay:float ' +
    'regularization_type:string stepsize:int32 stepvalue:int32* clip_gradients:float snapshot:int32 ' +
    'snapshot_prefix:string snapshot_diff:bool snapshot_format:SnapshotFormat solver_mode:SolverMode device_id:int32 ' +
    'random_seed:int64 type:string delta:float momentum2:float rms_decay:float debug_info:bool ' +
    'snapshot_after_train:bool solver_type:SolverType layer_wise_reduce:bool weights:string*',
}

const parsed = new Map<string, ReadonlyMap<string, FieldType>>()

/** The fields of a message, by name; undefined for a name that is no message. */
export function fieldsOf(message: string): ReadonlyMap<string, FieldType> | undefined {
  if (!Object.hasOwn(messages, message)) return undefined
  let fields = parsed.get(message)
  if (fields === undefined) {
    fields = new Map(messages[message].split(' ').map(parseField))
    parsed.set(message, fields)
  }
  return fields
}

function parseField(text: string): [string, FieldType] {
  const [name, type] = text.split(':')
  const repeated = type.endsWith('*')
  return [name, { type: repeated ? type.slice(0, -1) : type, repeated }]
}
