import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** One of the product's own letters. `subject_id` is the user, or the invitation; what the letter says is made when it goes. */
export const sendSystemMail = defineJob({
  name: 'send_system_mail',
  input: z.object({ letter: z.enum(['welcome', 'password_reset', 'invitation']), subject_id: z.uuid() }),
  attempts: 8,
  timeout_ms: 60_000,
})
