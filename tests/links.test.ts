import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './support/packages.js'
import { pages } from './support/pages.js'

/** The text without code, in which brackets are no links. */
function prose(page: string): string {
  return readFileSync(join(repository, page), 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, 'code')
}

/** Where links and pictures of a page lead that stay in the repository. */
function linksOf(page: string): string[] {
  const text = prose(page)
  const written = [
    ...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g),
    ...text.matchAll(/(?:href|src)="([^"]+)"/g),
  ]
  return written.map(([, target]) => target).filter((target) => !/^[a-z]+:/i.test(target))
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(join(repository, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const seen = new Map<string, number>()
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
      const plain = heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
      const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replace(/ /g, '-')
      const before = seen.get(slug) ?? 0
      seen.set(slug, before + 1)
      return before === 0 ? slug : `${slug}-${before}`
    }),
  )
}

/** Links that lead nowhere, as `link`. */
function broken(page: string, links = linksOf(page)): string[] {
  return links.filter((link) => {
    const [path, anchor] = link.split('#')
    const target = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)))
    if (!existsSync(join(repository, target))) return true
    return anchor !== undefined && (!target.endsWith('.md') || !anchorsOf(target).has(anchor))
  })
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  expect(broken(page)).toEqual([])
})

test('a file or a heading that is not there is found', () => {
  expect(broken('README.md', ['docs/none.md', 'CONTRIBUTING.md#none', '#none', 'CONTRIBUTING.md#rules'])).toEqual([
    'docs/none.md',
    'CONTRIBUTING.md#none',
    '#none',
  ])
})
