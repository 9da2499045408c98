import type { Detail } from '../../http/errors.ts'
import { templateProblems } from '../../template-engine.ts'
import type { TemplateContent } from './schema.ts'

/**
 * Every mistake in a template's texts in the shape of the error envelope, with line and column counted from 1. A subject
 * must be one line: what follows a line break would become a header of its own (RFC 5322 §2.2). Empty for a good one.
 */
export const contentProblems = (content: TemplateContent): Detail[] => {
  const details: Detail[] = []
  if (/[\r\n]/.test(content.subject))
    details.push({ loc: ['body', 'content', 'subject'], msg: 'must be one line', type: 'line_break' })
  for (const part of ['subject', 'body', 'body_text'] as const)
    for (const { line, column, message } of templateProblems(content[part] ?? ''))
      details.push({
        loc: ['body', 'content', part],
        msg: `line ${line}, column ${column}: ${message}`,
        type: 'template_syntax',
      })
  return details
}
