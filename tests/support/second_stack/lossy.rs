//! Sockets that lose some of the packets, under the `webrtc` crate.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

/// How a line loses packets; each way on its own.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    /// Every so many media packets one is lost; 0 loses none.
    every: AtomicU32,
    up: AtomicU32,
    down: AtomicU32,
    lost_up: AtomicU32,
    lost_down: AtomicU32,
}

impl Loss {
    /// From now on every so many packets of sound and picture one is lost.
    pub(crate) fn begin(&self, every: u32) {
        self.every.store(every, Ordering::Relaxed);
    }

    /// How many were lost: sent, received.
    pub(crate) fn lost(&self) -> (u32, u32) {
        let read = |count: &AtomicU32| count.load(Ordering::Relaxed);
        (read(&self.lost_up), read(&self.lost_down))
    }

    fn strikes(&self, datagram: &[u8], count: &AtomicU32, lost: &AtomicU32) -> bool {
        let every = self.every.load(Ordering::Relaxed);
        if every == 0 || !is_media(datagram) {
            return false;
        }
        let strikes = count.fetch_add(1, Ordering::Relaxed) % every == every - 1;
        lost.fetch_add(u32::from(strikes), Ordering::Relaxed);
        strikes
    }
}

/// RTP, and neither STUN, DTLS nor RTCP (RFC 7983, RFC 5761 §4).
fn is_media(datagram: &[u8]) -> bool {
    match datagram {
        [first, second, ..] => (128..192).contains(first) && !(192..224).contains(second),
        _ => false,
    }
}

/// Tokio, with lossy UDP sockets.
#[derive(Debug, Default)]
pub(crate) struct LossyRuntime {
    pub(crate) loss: Arc<Loss>,
}

impl Runtime for LossyRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        socket.set_nonblocking(true)?;
        Ok(Arc::new(LossySocket {
            socket: tokio::net::UdpSocket::from_std(socket)?,
            loss: Arc::clone(&self.loss),
        }))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        Box::pin(async move { TokioRuntime.connect_tcp(remote).await })
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        Box::pin(async move { TokioRuntime.resolve_host(host).await })
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }
}

#[derive(Debug)]
struct LossySocket {
    socket: tokio::net::UdpSocket,
    loss: Arc<Loss>,
}

impl AsyncUdpSocket for LossySocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let loss = &self.loss;
        if loss.strikes(transmit.contents, &loss.up, &loss.lost_up) {
            return Poll::Ready(Ok(transmit.contents.len()));
        }
        self.socket
            .poll_send_to(cx, transmit.contents, transmit.destination)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let loss = &self.loss;
        loop {
            let mut buffer = ReadBuf::new(&mut buffers[0]);
            let from = ready!(self.socket.poll_recv_from(cx, &mut buffer))?;
            let datagram = buffer.filled();
            if loss.strikes(datagram, &loss.down, &loss.lost_down) {
                continue;
            }
            meta[0] = RecvMeta::default();
            meta[0].addr = from;
            meta[0].len = datagram.len();
            meta[0].stride = datagram.len().max(1);
            return Poll::Ready(Ok(1));
        }
    }
}
