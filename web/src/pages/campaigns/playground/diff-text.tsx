import type { DiffPart } from '@bavlio/sdk/types'

/** What a person changed, word by word; said by elements that mean it, not by colour alone. */
export const DiffText = ({ parts }: { parts: DiffPart[] }) => (
  <>
    {parts.map(({ kind, text }, index) =>
      kind === 'added' ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name.
        <ins key={index} className="rounded bg-good-soft text-good no-underline">
          {text}
        </ins>
      ) : kind === 'removed' ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above.
        <del key={index} className="rounded bg-bad-soft text-bad">
          {text}
        </del>
      ) : (
        text
      ),
    )}
  </>
)
