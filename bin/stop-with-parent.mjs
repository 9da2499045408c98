// Loaded into the server before it starts, when it must not outlive the process that started it. npm passes SIGTERM to
// the shell that runs a script, and that shell dies without passing it on: the server would stay behind and hold its
// port and its database. So it watches its parent, and asks itself to stop, cleanly, when that is gone.
const parent = Number(process.env.BAVLIO_PARENT_PID)
delete process.env.BAVLIO_PARENT_PID
if (parent > 0) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  timer.unref()
}
