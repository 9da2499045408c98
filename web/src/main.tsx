import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect, useRef } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/query.ts'
import { useSession } from './api/session.ts'
import { router } from './router.tsx'
import { Toaster } from './ui/toast.tsx'
import './ui/tokens.css'

const App = () => {
  const { is_logged_in } = useSession()
  // A session that ends in another tab, or at the server, ends here too; whoever logs in next sees nothing of what was read.
  const was_logged_in = useRef(is_logged_in)
  useEffect(() => {
    const has_ended = was_logged_in.current && !is_logged_in
    was_logged_in.current = is_logged_in
    if (has_ended) void router.invalidate().then(() => queryClient.clear())
  }, [is_logged_in])
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Toaster />
    </QueryClientProvider>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
