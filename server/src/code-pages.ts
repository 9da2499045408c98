/** The double-byte encodings that spreadsheet programs of East Asia still write. */
export type EastAsianEncoding = 'shift_jis' | 'gb18030' | 'euc-kr' | 'big5'

// The most frequent characters of names, addresses and companies in each script; a wrong decoding gives rare ones instead.
const frequent: Record<Exclude<EastAsianEncoding, 'euc-kr'>, string> = {
  shift_jis:
    '株式会社東京都大阪市区県町村田中山川本木井上下小野高橋佐藤鈴林加渡辺伊山吉松清斎子美人事部長課担当者電話番号住所氏名前商工業電製作所日年月一二三四五六七八九十・ー',
  gb18030:
    '的一是有限公司北京上海广州深圳市科技集团股份技术发展中国电子信息网络贸易实业工业区路号省县王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚名姓箱邮件职位经理总监销售部门地址话手机联系人伟娜芳敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英',
  big5: '的一是有限公司台北市新竹科技股份國際電子資訊網路貿易實業工業區路號縣省王李張劉陳楊黃趙吳周徐孫馬朱胡郭何林高梁鄭羅宋謝唐韓曹許鄧蕭馮曾程蔡彭潘袁于董余蘇葉呂魏蔣田杜丁沈姜范江傅鐘盧汪戴崔任陸廖姚方金邱夏譚韋賈鄒石熊名姓箱郵件職位經理總監銷售部門地址話手機聯絡人',
}
const frequentSets = new Map(Object.entries(frequent).map(([name, text]) => [name, new Set(text)]))

/**
 * Which East Asian encoding bytes that are no UTF-8 are in, or null for none. Each that can decode them at all is judged by
 * what comes out: Hangul, kana and the characters that names and companies are made of speak for it, private characters and
 * lone half-width katakana against. Latin text with accents decodes to single ideographs between ASCII letters, which is
 * what tells it apart: East Asian words are at least two characters long.
 */
export const guessEastAsian = (bytes: Uint8Array): EastAsianEncoding | null => {
  let best: EastAsianEncoding | null = null
  let bestScore = 0.8
  for (const encoding of ['shift_jis', 'gb18030', 'euc-kr', 'big5'] as const) {
    const text = decodeWhole(bytes, encoding)
    if (text === null) continue
    const score = scoreOf(text, encoding)
    if (score > bestScore) {
      best = encoding
      bestScore = score
    }
  }
  return best
}

/** The text, or null where the bytes are not of the encoding; the last, perhaps unfinished, character does not count. */
const decodeWhole = (bytes: Uint8Array, encoding: EastAsianEncoding): string | null => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, 65_536), { stream: true })
  } catch {
    return null
  }
}

const scoreOf = (text: string, encoding: EastAsianEncoding): number => {
  const known = frequentSets.get(encoding)
  let characters = 0
  let alone = 0
  let score = 0
  for (const [run] of text.matchAll(/[^\0-\x7f]+/g)) {
    const length = [...run].length
    characters += length
    if (length === 1) alone++
    for (const character of run) {
      if (/[\p{Co}\p{Cn}]/u.test(character)) score -= 2
      else if (/[\uff61-\uff9f]/.test(character)) score -= 0.2
      else if (encoding === 'euc-kr' ? /\p{sc=Hangul}/u.test(character) : known?.has(character)) score += 1.5
      else if (encoding === 'shift_jis' && /[\p{sc=Hiragana}\p{sc=Katakana}]/u.test(character)) score += 1.5
      else if (/[\u3000-\u303f\uff01-\uff5e]/.test(character)) score += 0.5
      else if (/[\u4e00-\u9fff]/.test(character)) score += encoding === 'euc-kr' ? 0 : 0.4
      else score -= 0.5
    }
  }
  return characters === 0 || alone > characters * 0.3 ? 0 : score / characters
}

// Letters of Central Europe where Western Europe has signs: Ą Ł Ż ą ł ż ź Ź Ť ť Ľ ľ by what may stand beside them.
const letterBefore = new Set([0xa5, 0xbf, 0x9f, 0x9d, 0xbe, 0xb9])
const letterAfter = new Set([0xa3, 0xb3, 0x8f, 0x8d, 0xbc])

/**
 * Whether one-byte text is Windows-1250 (Polish, Czech, Hungarian and others) and not Windows-1252: the two differ in which
 * letters they have, and the letters of the one are signs such as `³` and `£` of the other, which do not stand inside words.
 */
export const isCentralEuropean = (bytes: Uint8Array): boolean => {
  const isLetter = (byte: number | undefined): boolean =>
    byte !== undefined && ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte >= 0xc0)
  let central = 0
  let others = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (byte < 0x80) continue
    if (
      (letterBefore.has(byte) && isLetter(bytes[index - 1])) ||
      (letterAfter.has(byte) && isLetter(bytes[index + 1]) && !isDigit(bytes[index - 1]))
    )
      central++
    // These are letters in both, but ligatures and the ring belong to the West alone.
    else if (byte === 0xe5 || byte === 0xc5 || byte === 0xf8 || byte === 0xd8 || byte === 0xf1) others++
  }
  return central > 0 && central > others
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
