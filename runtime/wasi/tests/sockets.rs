//! Sockets that the embedder gives: connections are accepted, used and shut down; nothing else can be had.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;

use iwasm_wasi::{BuildError, WasiCtx};
use support::{Any, Guest};

const AGAIN: u32 = 6;
const BADF: u32 = 8;
const INVAL: u32 = 28;
const MFILE: u32 = 33;
const NOTSOCK: u32 = 57;
const PIPE: u32 = 64;
const SPIPE: u32 = 70;

const PEEK: u64 = 1;
const WAITALL: u64 = 2;
const NONBLOCK: u64 = 4;

/// A folder is descriptor 3, whatever is given first; the listener 4.
fn guest(limit: usize) -> Any<(Guest, TcpListener)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let wasi = WasiCtx::builder().preopened_socket(listener.try_clone()?).preopened_dir("/", "/");
    Ok((Guest::new(wasi.max_descriptors(limit).build()?)?, listener))
}

#[test]
fn a_connection_from_its_beginning_to_its_end() -> Any {
    let (mut guest, listener) = guest(6)?;
    // It listens, and is nothing to read from.
    assert_eq!(guest.call("fd_fdstat_get", &[4, 256])?, 0);
    assert_eq!((guest.read(256, 1)?, guest.u64(264)? & (1 << 29)), (vec![6], 1 << 29));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[4, NONBLOCK])?, 0);
    assert_eq!(guest.call("sock_accept", &[4, 0, 500])?, AGAIN);
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    while guest.call("sock_accept", &[4, NONBLOCK, 500])? == AGAIN {}
    let connection = u64::from(guest.u32(500)?);
    assert_eq!(connection, 5);
    assert_eq!(guest.call("sock_accept", &[4, 0, 500])?, MFILE);

    guest.write_iovecs(0, &[(1000, 3), (1100, 100)])?;
    assert_eq!(guest.call("sock_recv", &[connection, 0, 2, 0, 500, 504])?, AGAIN);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[connection, 0])?, 0);
    client.write_all(b"hello")?;
    assert_eq!(guest.call("sock_recv", &[connection, 0, 2, PEEK, 500, 504])?, 0);
    assert_eq!((guest.u32(500)?, guest.read(1000, 3)?, guest.read(1100, 2)?), (5, b"hel".to_vec(), b"lo".to_vec()));
    guest.write_iovecs(0, &[(1200, 5)])?;
    assert_eq!(guest.call("sock_recv", &[connection, 0, 1, WAITALL, 500, 504])?, 0);
    assert_eq!((guest.read(1200, 5)?, guest.read(504, 2)?), (b"hello".to_vec(), vec![0, 0]));
    assert_eq!(guest.call("sock_send", &[connection, 0, 1, 0, 500])?, 0);
    assert_eq!(guest.call("fd_write", &[connection, 0, 1, 500])?, 0);
    let mut echoed = [0; 10];
    client.read_exact(&mut echoed)?;
    assert_eq!(&echoed, b"hellohello");
    assert_eq!(guest.call("fd_seek", &[connection, 0, 0, 500])?, SPIPE);

    client.shutdown(std::net::Shutdown::Write)?;
    assert_eq!(guest.call("fd_read", &[connection, 0, 1, 500])?, 0);
    assert_eq!(guest.u32(500)?, 0);
    assert_eq!(guest.call("sock_shutdown", &[connection, 2])?, 0);
    assert_eq!(client.read(&mut echoed)?, 0);
    // To a socket that is shut down, an errno and no signal.
    assert_eq!(guest.call("sock_send", &[connection, 0, 1, 0, 500])?, PIPE);
    assert_eq!(guest.call("fd_write", &[connection, 0, 1, 500])?, PIPE);
    assert_eq!(guest.call("fd_close", &[connection])?, 0);
    assert_eq!(guest.call("sock_send", &[connection, 0, 1, 0, 500])?, BADF);
    Ok(())
}

#[test]
fn wrong_uses() -> Any {
    let (mut guest, _listener) = guest(10)?;
    guest.write_iovecs(0, &[(1000, 3)])?;
    for fd in [0, 1, 3] {
        assert_eq!(guest.call("sock_accept", &[fd, 0, 500])?, NOTSOCK);
        assert_eq!(guest.call("sock_recv", &[fd, 0, 1, 0, 500, 504])?, NOTSOCK);
        assert_eq!(guest.call("sock_send", &[fd, 0, 1, 0, 500])?, NOTSOCK);
        assert_eq!(guest.call("sock_shutdown", &[fd, 3])?, NOTSOCK);
    }
    assert_eq!(guest.call("sock_accept", &[4, 1, 500])?, INVAL);
    assert_eq!(guest.call("sock_recv", &[4, 0, 1, 4, 500, 504])?, INVAL);
    assert_eq!(guest.call("sock_send", &[4, 0, 1, 1, 500])?, INVAL);
    assert_eq!(guest.call("sock_shutdown", &[4, 0])?, INVAL);
    assert_eq!(guest.call("sock_shutdown", &[4, 4])?, INVAL);
    assert_ne!(guest.call("sock_recv", &[4, 0, 1, 0, 500, 504])?, 0);
    let file = std::fs::File::open("/")?;
    let error = WasiCtx::builder().preopened_socket(file).build().err();
    assert!(matches!(error, Some(BuildError::Socket { number: 3, .. })));
    Ok(())
}

#[test]
fn messages_that_do_not_fit_are_cut() -> Any {
    let receiver = UdpSocket::bind("127.0.0.1:0")?;
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    sender.send_to(b"a long message", receiver.local_addr()?)?;
    let mut guest = Guest::new(WasiCtx::builder().preopened_socket(receiver).build()?)?;
    guest.write_iovecs(0, &[(1000, 6)])?;
    assert_eq!(guest.call("fd_filestat_get", &[3, 256])?, 0);
    assert_eq!(guest.read(256 + 16, 1)?, [5]);
    assert_eq!(guest.call("sock_recv", &[3, 0, 1, 0, 500, 504])?, 0);
    assert_eq!((guest.u32(500)?, guest.read(504, 2)?, guest.read(1000, 6)?), (6, vec![1, 0], b"a long".to_vec()));
    Ok(())
}

#[test]
fn waiting_for_a_connection_and_for_what_it_says() -> Any {
    let (ours, mut theirs) = UnixStream::pair()?;
    let mut guest = Guest::new(WasiCtx::builder().preopened_socket(ours).build()?)?;
    // Something to read on 3, or 10 ms.
    let subscribe = |guest: &mut Guest| -> Any<(u32, u64, u16)> {
        guest.bytes()?[..96].fill(0);
        guest.write(0, &1u64.to_le_bytes())?;
        guest.write(8, &[1])?;
        guest.write(16, &3u32.to_le_bytes())?;
        guest.write(48, &2u64.to_le_bytes())?;
        guest.write(64, &1u32.to_le_bytes())?;
        guest.write(72, &10_000_000u64.to_le_bytes())?;
        assert_eq!(guest.call("poll_oneoff", &[0, 200, 2, 500])?, 0);
        let flags = guest.read(224, 2)?;
        Ok((guest.u32(200)?, guest.u64(216)?, u16::from_le_bytes([flags[0], flags[1]])))
    };
    assert_eq!(subscribe(&mut guest)?, (2, 0, 0));
    theirs.write_all(b"abc")?;
    assert_eq!(subscribe(&mut guest)?, (1, 3, 0));
    drop(theirs);
    let (who, bytes, hung_up) = subscribe(&mut guest)?;
    assert_eq!((who, bytes, hung_up), (1, 3, 1));
    Ok(())
}
