import { type MaskJSON, maskToJSON } from '@pixelwise/masks'
import type { Proposal } from './propose.js'

/** One entry of a COCO results file. */
export interface CocoProposal {
  readonly image_id: number
  /** Always 1: proposals have no class. */
  readonly category_id: 1
  readonly segmentation: MaskJSON
  readonly score: number
}

/** The proposals of an image as COCO's evaluation reads them, masks compressed. */
export function cocoProposals(imageId: number, proposals: readonly Proposal[]): CocoProposal[] {
  return proposals.map(({ mask, score }) => ({
    image_id: imageId,
    category_id: 1,
    segmentation: maskToJSON(mask),
    score,
  }))
}
