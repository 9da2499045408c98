import type { Member } from '@bavlio/sdk/types'

export const ROLES: { role: Member['role']; words: string; note: string }[] = [
  { role: 'owner', words: 'Owner', note: 'Everything, and who is an owner.' },
  { role: 'admin', words: 'Admin', note: 'Everything but who is an owner.' },
  { role: 'member', words: 'Member', note: 'All work; not settings, keys and members.' },
  { role: 'viewer', words: 'Viewer', note: 'Sees everything, changes nothing.' },
]
