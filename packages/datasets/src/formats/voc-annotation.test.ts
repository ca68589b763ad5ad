import { expect, test } from 'vitest'
import { formatVocAnnotation, parseVocAnnotation } from './voc-annotation.js'

const xml = `<annotation>
  <filename>2008_000008.jpg</filename>
  <source><annotation>PASCAL VOC2008</annotation></source>
  <size><width>500</width><height>442</height><depth>3</depth></size>
  <object><name>horse</name><pose>Left</pose><truncated>0</truncated>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part>
    <bndbox><xmin>53</xmin><ymin>87</ymin><xmax>471</xmax><ymax>420.5</ymax></bndbox><difficult>1</difficult></object>
  <object><name>R &amp; D &lt;person&gt;</name><bndbox><xmax>289</xmax><xmin>158</xmin><ymax>167</ymax><ymin>44</ymin></bndbox></object>
</annotation>`

test('reads objects and leaves their parts alone', () => {
  expect(parseVocAnnotation(xml, 'a.xml')).toEqual({
    filename: '2008_000008.jpg',
    height: 442,
    width: 500,
    objects: [
      {
        name: 'horse',
        pose: 'Left',
        truncated: false,
        difficult: true,
        box: { xmin: 53, ymin: 87, xmax: 471, ymax: 420.5 },
      },
      {
        name: 'R & D <person>',
        pose: 'Unspecified',
        truncated: false,
        difficult: false,
        box: { xmin: 158, ymin: 44, xmax: 289, ymax: 167 },
      },
    ],
  })
})

test('reads what it writes', () => {
  const annotation = parseVocAnnotation(xml, 'a.xml')
  expect(parseVocAnnotation(formatVocAnnotation(annotation, 'VOC2008'), 'b.xml')).toEqual(annotation)
})

test('says what is missing', () => {
  expect(() => parseVocAnnotation(xml.replace('<xmin>158</xmin>', ''), 'a.xml')).toThrow(
    'a.xml has no <xmin> element where one is needed: annotations are written as in PASCAL VOC: filename, size, and per object name and bndbox; correct the file, or load without boxes',
  )
  expect(() => parseVocAnnotation(xml.replace('>500<', '>wide<'), 'a.xml')).toThrow('a.xml has <width> "wide"')
  expect(() => parseVocAnnotation('', 'a.xml')).toThrow('a.xml has no <size> element')
})
