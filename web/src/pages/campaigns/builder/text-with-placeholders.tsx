/** The words of a template with what is filled in later set apart. */
export const TextWithPlaceholders = ({ text }: { text: string }) => (
  <>
    {text.split(/(\{\{.*?\}\}|\{%.*?%\})/gs).map((part, index) =>
      index % 2 ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name.
        <span key={index} className="rounded bg-accent-soft px-0.5 font-medium text-accent-strong">
          {part}
        </span>
      ) : (
        part
      ),
    )}
  </>
)
