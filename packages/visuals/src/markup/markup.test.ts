import { expect, test } from 'vitest'
import { element, escapeText, Markup } from './markup.js'

test('escapes text and attributes, keeps markup', () => {
  expect(element('p', { title: `"a" & 'b'` }, 'x < y', element('br'), new Markup('<b>z</b>')).code).toBe(
    '<p title="&quot;a&quot; &amp; &#39;b&#39;">x &lt; y<br/><b>z</b></p>',
  )
})

test('closes empty elements the way HTML wants it', () => {
  expect(element('div').code).toBe('<div></div>')
  expect(element('rect', { width: 1.23456 }).code).toBe('<rect width="1.23"/>')
})

test('replaces what XML cannot hold: control characters and lone surrogates', () => {
  expect(escapeText('a\u0000b\u001bc\ud800d😀\n')).toBe('a\ufffdb\ufffdc\ufffdd😀\n')
})
