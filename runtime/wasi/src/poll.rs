//! `poll_oneoff`: waits until one of several things happens: a time comes, a descriptor is ready.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock;
use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Kind};
use crate::errno::Errno;
use crate::limits::{MAX_SUBSCRIPTIONS, SUBSCRIPTION_BYTES};
use crate::memory::{GuestMemory, Ptr};
use crate::rights;
use crate::types::{Await, Event, Subscription, UnstableSubscription};

pub(crate) fn poll_oneoff(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: Ptr<Subscription>,
    events: Ptr<Event>,
    count: u32,
    happened: Ptr<u32>,
) -> Result<(), Errno> {
    let read = |memory: &GuestMemory<'_>| Ok(memory.array(subscriptions, count)?.collect());
    poll_all(ctx, memory, &read, events, count, happened)
}

pub(crate) fn poll_oneoff_unstable(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: Ptr<UnstableSubscription>,
    events: Ptr<Event>,
    count: u32,
    happened: Ptr<u32>,
) -> Result<(), Errno> {
    let read = |memory: &GuestMemory<'_>| {
        Ok(memory.array(subscriptions, count)?.map(|UnstableSubscription(subscription)| subscription).collect())
    };
    poll_all(ctx, memory, &read, events, count, happened)
}

/// The same for both: `read` gives the subscriptions.
fn poll_all(
    ctx: &WasiCtx,
    memory: &mut GuestMemory<'_>,
    read: &dyn Fn(&GuestMemory<'_>) -> Result<Vec<Subscription>, Errno>,
    events: Ptr<Event>,
    count: u32,
    happened: Ptr<u32>,
) -> Result<(), Errno> {
    let happened = memory.place(happened)?;
    memory.check_array(events, count)?;
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }
    let _charge = ctx.budget.memory(count as usize * SUBSCRIPTION_BYTES)?;
    let subscriptions = read(memory)?;
    let held: Vec<_> = subscriptions.iter().map(|subscription| descriptor(ctx, subscription)).collect();
    let found = Waiting::new(ctx, &subscriptions, &held).wait()?;
    for (index, event) in (0..).zip(&found) {
        memory.write(events.element(index)?, Event { ..*event })?;
    }
    memory.set(happened, found.len() as u32);
    Ok(())
}

/// The descriptor that a subscription names, if it names one.
type Held = Option<Result<Arc<Descriptor>, Errno>>;

fn descriptor(ctx: &WasiCtx, subscription: &Subscription) -> Held {
    match subscription.wanted {
        Await::Read(fd) | Await::Write(fd) => Some(ctx.table.get(fd, rights::POLL_FD_READWRITE)),
        Await::Clock { .. } | Await::Unknown => None,
    }
}

/// Subscriptions sorted by how they come true.
struct Waiting<'a> {
    start: Instant,
    /// Events that are there already.
    ready: Vec<Event>,
    clocks: Vec<(Subscription, Duration)>,
    descriptors: Vec<Subscription>,
    host: Vec<PollFd<'a>>,
}

impl<'a> Waiting<'a> {
    /// With the descriptor of each subscription that names one.
    fn new(ctx: &WasiCtx, subscriptions: &[Subscription], held: &'a [Held]) -> Waiting<'a> {
        let mut waiting = Waiting {
            start: Instant::now(),
            ready: Vec::new(),
            clocks: Vec::new(),
            descriptors: Vec::new(),
            host: Vec::new(),
        };
        for (subscription, held) in subscriptions.iter().zip(held) {
            if let Err(error) = waiting.add(ctx, *subscription, held.as_ref()) {
                waiting.ready.push(event(subscription, error as u16));
            }
        }
        waiting
    }

    fn add(
        &mut self,
        ctx: &WasiCtx,
        subscription: Subscription,
        held: Option<&'a Result<Arc<Descriptor>, Errno>>,
    ) -> Result<(), Errno> {
        let flags = match subscription.wanted {
            Await::Clock { clock, timeout, absolute } => {
                let now = clock::now(ctx, clock)?;
                // A CPU clock stands still while the thread waits.
                if clock > 1 {
                    return Err(Errno::Notsup);
                }
                let delay = if absolute { timeout.saturating_sub(now) } else { timeout };
                self.clocks.push((subscription, Duration::from_nanos(delay)));
                return Ok(());
            }
            Await::Read(_) => PollFlags::IN,
            Await::Write(_) => PollFlags::OUT,
            Await::Unknown => return Err(Errno::Inval),
        };
        let descriptor = held.ok_or(Errno::Badf)?.as_ref().map_err(|error| *error)?;
        match (&descriptor.kind, flags) {
            (Kind::Directory(_), _) => return Err(Errno::Isdir),
            (Kind::Input(_), PollFlags::OUT) | (Kind::Output(_), PollFlags::IN) => return Err(Errno::Badf),
            _ => {}
        }
        match descriptor.host_fd() {
            Some(host) => {
                self.host.push(PollFd::from_borrowed_fd(host, flags));
                self.descriptors.push(subscription);
            }
            // What is in memory never blocks.
            None => self.ready.push(Event { bytes: 1, ..event(&subscription, 0) }),
        }
        Ok(())
    }

    fn wait(mut self) -> Result<Vec<Event>, Errno> {
        let deadline = self.clocks.iter().map(|(_, delay)| *delay).min();
        loop {
            let left = match (self.ready.is_empty(), deadline) {
                (false, _) => Some(Duration::ZERO),
                (true, Some(deadline)) => Some(deadline.saturating_sub(self.start.elapsed())),
                (true, None) => None,
            };
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut self.host, timeout.as_ref()) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) if !iwasm::is_interrupted() => {}
                Err(error) => return Err(error.into()),
            }
            self.collect();
            if !self.ready.is_empty() {
                return Ok(self.ready);
            }
        }
    }

    /// Turns everything that has come true into events.
    fn collect(&mut self) {
        for (subscription, host) in self.descriptors.iter().zip(&self.host) {
            let found = host.revents();
            if found.contains(PollFlags::NVAL) {
                self.ready.push(event(subscription, Errno::Badf as u16));
            } else if !found.is_empty() {
                let flags = u16::from(found.contains(PollFlags::HUP));
                let bytes = match subscription.wanted {
                    // Zero is the end of what there is to read.
                    Await::Read(_) => readable(host),
                    _ => 1,
                };
                self.ready.push(Event { bytes, flags, ..event(subscription, 0) });
            }
        }
        let elapsed = self.start.elapsed();
        for (subscription, delay) in &self.clocks {
            if *delay <= elapsed {
                self.ready.push(event(subscription, 0));
            }
        }
    }
}

/// How many bytes there are to read, of what is ready.
fn readable(host: impl AsFd + Copy) -> u64 {
    // The host gives 32 bits, which of a file behind whose end one stands are negative.
    match rustix::io::ioctl_fionread(host) {
        Ok(bytes) => u64::from((bytes as u32).cast_signed().max(0).cast_unsigned()),
        Err(_) => 1,
    }
}

fn event(subscription: &Subscription, error: u16) -> Event {
    Event { userdata: subscription.userdata, error, event_type: subscription.event_type, bytes: 0, flags: 0 }
}
