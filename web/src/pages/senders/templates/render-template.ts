import { Liquid } from 'liquidjs'

/**
 * A picture of what a lead would read, made here so that it follows the keys. The server renders what is sent, by the same
 * engine under stricter rules, and has the last word: mistakes that it finds stand at the fields when the template is saved.
 */
export type Rendering = {
  text: string
  /** Variables that the lead has no value for; a fallback may take their place. */
  empty: string[]
  problem: string | null
}

/** Whether a body is HTML, by the server's rule: it has a tag that makes a block or breaks a line. */
export const isHtml = (body: string): boolean =>
  /<(?:address|article|aside|blockquote|body|br|center|div|dl|figure|footer|form|h[1-6]|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)(?=[\s/>])[^<>]*>|<!doctype html/i.test(
    body,
  )

export const renderTemplate = (
  source: string,
  variables: Record<string, string>,
  as: 'text' | 'html',
  seed: number,
): Rendering => {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    ...(as === 'html' ? { outputEscape: 'escape' as const } : {}),
  })
  let nth = 0
  engine.registerFilter('spin', (value: unknown) => {
    const options = String(value ?? '').split('|')
    return (options[(seed + nth++) % options.length] ?? '').trim()
  })
  // An empty cell counts as no value, so that `default` and `if` do what people mean.
  const values = Object.fromEntries(Object.entries(variables).filter(([, value]) => value.trim() !== ''))
  try {
    const nodes = engine.parse(source)
    const empty = engine.globalVariablesSync(nodes).filter((name) => !(name in values))
    return { text: String(engine.renderSync(nodes, values)), empty, problem: null }
  } catch (error) {
    const words = error instanceof Error ? error.message.split('\n')[0] : undefined
    return { text: '', empty: [], problem: words ?? 'The template cannot be read.' }
  }
}
