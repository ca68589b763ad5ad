/**
 * Overlays, charts and one-file HTML reports for dense prediction; plain arrays in, text and pixels out.
 *
 * @module @pixelwise/visuals
 */
export { type Bar, type BarChartOptions, barChart } from './charts/bar-chart.js'
export { type ConfusionChartOptions, confusionChart } from './charts/confusion-chart.js'
export type { DrawingOptions } from './charts/drawing.js'
export { type HistogramChartOptions, histogramChart } from './charts/histogram-chart.js'
export { type LegendEntry, legend, legendEntries } from './charts/legend.js'
export { type LineChartOptions, lineChart, type Series } from './charts/line-chart.js'
export { smooth } from './charts/smooth.js'
export { type GraphNode, type ModelGraph, modelGraph } from './graph/model-graph.js'
export { modelGraphSvg } from './graph/model-graph-svg.js'
export { colourize } from './pixels/colourize.js'
export { distinctColours } from './pixels/distinct-colours.js'
export { type MosaicOptions, mosaic, sideBySide } from './pixels/mosaic.js'
export { type OverlayOptions, overlay } from './pixels/overlay.js'
export { type MaskOverlayOptions, overlayMasks, spotlight } from './pixels/overlay-masks.js'
export { hexColour, IGNORE_LABEL, ignoreColourOf, type Palette, type Rgb } from './pixels/palette.js'
export { type RgbRaster, toRgb } from './pixels/rgb-raster.js'
export { htmlReport, type Report } from './report/html-report.js'
export type {
  Chart,
  ChartsSection,
  FactsSection,
  FiguresSection,
  Panel,
  PictureExample,
  PicturesSection,
  Section,
  TableSection,
  TextSection,
} from './report/section.js'
export {
  type EvaluationReport,
  evaluationReport,
  type TrainingReport,
  trainingReport,
  trainingSections,
} from './report/training-report.js'
