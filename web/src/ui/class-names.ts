import { type ClassValue, clsx } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

// The scale's own size has to be known, or it would be taken for a colour and win over one.
const merge = extendTailwindMerge({ extend: { classGroups: { 'font-size': [{ text: ['2xs'] }] } } })

/** Joins class names; a later one of the same kind wins, so that a caller can adjust a component. */
export const cn = (...classes: ClassValue[]): string => merge(clsx(classes))
