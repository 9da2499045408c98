import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/query.ts'
import { useSession } from './api/session.ts'
import { router } from './router.tsx'
import { Toaster } from './ui/toast.tsx'
import './ui/tokens.css'

const App = () => {
  const { is_logged_in } = useSession()
  // A session that ends in another tab, or at the server, ends here too.
  useEffect(() => {
    if (!is_logged_in) void router.invalidate()
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
