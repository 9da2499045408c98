/**
 * Text that speaks to whoever writes the message instead of saying something about the lead. Facts are fenced as data wherever
 * a model sees them; this keeps the plain attempts from getting that far, and tells a person that there was one.
 */

/** Letters that look like others, which is how such text is hidden from a search for words. */
const LOOKALIKES: Record<string, string> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ѕ: 's',
  ј: 'j',
  ԁ: 'd',
  ο: 'o',
  ι: 'i',
  α: 'a',
  ε: 'e',
  ρ: 'p',
  ν: 'v',
  τ: 't',
  ı: 'i',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '@': 'a',
  $: 's',
}

const EARLIER =
  '\\b(?:all |any |every |the |your |my |these |those |of |previous |prior |above |earlier |preceding |former |foregoing |following |existing |system |original |other )+'
const ORDERS = '(?:instruction|prompt|rule|direction|guideline|command|order|message|context|text|constraint)s?'

const PATTERNS = [
  // Leave what you were told.
  `\\b(?:ignore|disregard|forget|override|bypass|overrule|neglect|skip)\\b.{0,20}?${EARLIER}${ORDERS}\\b`,
  '\\b(?:ignore|disregard|forget) (?:everything|anything|all) (?:above|before|that|you|prior|previous|else)\\b',
  '\\b(?:ignoriere?n?|vergiss|vergessen sie|missachten?|verwirf)\\b.{0,30}?\\b(?:anweisung|instruktion|vorgabe|regel|prompt|befehl|alles|obige|vorherige|bisherige)',
  '\\b(?:ignore[rz]?|oublie[rz]?|ne tiens pas compte|ne tenez pas compte)\\b.{0,30}?\\b(?:instruction|consigne|regle|tout ce qui|prompt|ce qui precede)',
  '\\b(?:ignora|ignore|ignorar|olvida|olvide)\\b.{0,30}?\\b(?:instruccion|regla|todo lo anterior|prompt|indicacion|instruco|istruzion)',
  '\\b(?:ignora|ignorare|dimentica)\\b.{0,30}?\\b(?:istruzion|regol|quanto sopra)',
  // You are someone else now.
  '\\b(?:you are|you re|act as|pretend to be|behave as|roleplay as|you must act as) (?:now |a |an |the |my |going to be )*(?:ai|a i|assistant|language model|llm|chatbot|chat ?gpt|gpt|claude|gemini|system|developer|dan|agent|bot|copywriter|email writer|different)\\b',
  '\\b(?:as|to) (?:an?|the|any|all) (?:ai|llm|large language model|language model|ai assistant|ai agent|ai model|chatbot)s?\\b(?=.{0,60}\\b(?:you|please|must|should|read|write|do not|never|always)\\b)',
  '\\b(?:note|message|attention|instructions?|notice|important|hinweis|nachricht|anweisung) (?:to|for|an|fur) (?:any |all |the |an? )?(?:ai|llm|language model|chatbot|assistant|sales ?bot|bot|agent|ki|writer)s?\\b',
  '\\bif you are (?:an? )?(?:ai|llm|language model|bot|chatbot|assistant|automated)\\b',
  '\\b(?:du bist|sie sind) (?:jetzt |nun |ein |eine )*(?:ki|ai|assistent|sprachmodell|chatbot)\\b',
  // The insides of a prompt.
  '\\b(?:system|developer) (?:prompt|message|instruction|override|mode)\\b(?=.{0,80}\\b(?:reveal|print|show|repeat|output|ignore|is|new|you|activated|enabled|follow)\\b)|\\b(?:reveal|print|show|repeat|output|leak|display) (?:me )?(?:your|the|all) (?:system |hidden |initial |secret )*(?:prompt|instructions?)\\b',
  '\\b(?:new|updated|revised|real|actual) (?:instructions?|task|orders?|system prompt)\\s*[:=-]',
  '\\b(?:prompt injection|jailbreak|do anything now|developer mode)\\b',
  '^\\s*(?:system|assistant|developer|user|human|ai)\\s*:',
  '<\\s*/?\\s*(?:system|assistant|user|instructions?|prompt|facts?|material|im_start|im_end|s)\\b[^<>]{0,60}>|<\\|[a-z_]{2,30}\\|>|\\[/?(?:inst|sys|system|assistant|user)\\]|<<\\s*/?sys\\s*>>|^\\s*#{2,}\\s*(?:system|instruction|response|human|assistant)',
  '"(?:subject|body|used_facts|role|content)"\\s*:\\s*"',
  // What the message is to be.
  '\\b(?:when|while|before|if) (?:you )?(?:are )?(?:writ|generat|compos|draft|summari[sz]|creat|respond|reply)\\w*\\b.{0,40}\\b(?:e-?mail|message|repl(?:y|ies)|outreach|letter|text|answer|response|summary|us|me|this)\\b.{0,60}\\b(?:you must|always|never|must|should|include|insert|add|say|mention|use|begin|start|end|do not|please|instead)\\b',
  '\\b(?:in|to|into) (?:the|your|this|any|every) (?:e-?mail|message|reply|outreach|letter|draft|answer|response|output)s?\\b.{0,40}\\b(?:include|insert|add|put|mention|say|write|append|paste)\\b|\\b(?:include|insert|add|put|mention|append|paste|embed)\\b.{0,60}\\b(?:in|to|into|at the end of) (?:the|your|this|any|every) (?:e-?mail|message|reply|outreach|letter|draft|answer|response|output)s?\\b',
  '\\b(?:reply|respond|answer|output|write|say|return|print)\\b.{0,20}\\b(?:only|just|exactly|nothing but|verbatim|nur|ausschliesslich|uniquement|solo|solamente)\\b.{0,40}(?:with|the|word|:|"|mit|avec|con)',
  '\\b(?:do not|don t|never|must not)\\b.{0,20}\\b(?:follow|obey|use|apply|tell|reveal|mention|disclose)\\b.{0,30}\\b(?:instruction|prompt|rule|anyone|the user|the sender|this (?:note|message|text))',
  '\\b(?:schreibe?|antworte?|verfasse|fuge)\\b.{0,30}\\b(?:nur|stattdessen|ausschliesslich|in (?:die|der|deine[rn]?|jede) (?:e-?mail|nachricht|antwort))\\b',
  // Other scripts, plainly.
  '忽略.{0,10}(?:指令|指示|提示|之前|以上)|無視.{0,10}(?:指示|命令)|(?:以前|上記|これまで).{0,8}(?:指示|命令).{0,6}無視|이전.{0,8}(?:지시|명령).{0,8}무시|игнорир\\w*.{0,20}(?:инструкц|указани)|забудь.{0,20}(?:инструкц|указани)',
]

const ANY = new RegExp(PATTERNS.join('|'), 'iu')
/** Finds the same in plain ASCII, as most facts are, in a fraction of the time. */
const ANY_IN_ASCII = new RegExp(PATTERNS.join('|'), 'i')
const IS_ASCII = /^[\0-\x7f]*$/
const IS_VISIBLE = /^[\x20-\x7e]*$/
const givesOrders = (text: string): boolean => (IS_ASCII.test(text) ? ANY_IN_ASCII : ANY).test(text)

/** At the beginning of any line: lines are put together for the other patterns, which would otherwise be broken by them. */
const ROLE = /^[ \t]{0,20}(?:system|assistant|developer)[ \t]{0,5}:/im
const LONGEST = 4_000

/**
 * True for text that gives orders to a writer or a model. It is looked at three times: as it is, with lookalike letters and
 * digits as what they pose for, and with letters that were spaced out put together. Costs linear time; of very long text the
 * first 4,000 characters count, which is more than any fact keeps.
 */
export const isInstructionLike = (raw: string): boolean => {
  if (ROLE.test(raw.slice(0, LONGEST))) return true
  const beginning = raw.slice(0, LONGEST)
  // Of plain ASCII nothing can be decomposed, and nothing in it is hidden.
  const shown = IS_VISIBLE.test(beginning)
    ? beginning
    : beginning
        .normalize('NFKD')
        .replaceAll(/[\p{M}\p{Cf}\p{Cc}\p{Co}]/gu, (character) => (/\s/.test(character) ? ' ' : ''))
  const plain = shown
    .replaceAll(/[’‘´`']/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .toLowerCase()
  if (givesOrders(plain)) return true
  const posed = plain.replaceAll(/[^\x20-\x7e]|[013@$]/g, (character) => LOOKALIKES[character] ?? character)
  if (posed !== plain && givesOrders(posed)) return true
  const joined = posed.replaceAll(/\b(?:\p{L}[ ._-]){3,}\p{L}\b/gu, (spaced) => spaced.replaceAll(/[ ._-]/g, ''))
  // `i g n o r e a l l` joins to one word, so the gaps between the orders' words may be gone.
  return (
    joined !== posed &&
    (givesOrders(joined) ||
      /(?:ignore|disregard|forget)(?:all|any|the|your)*(?:previous|prior|above|earlier)/.test(joined))
  )
}
