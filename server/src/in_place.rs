//! A future that goes on in its place when it wakes itself.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;

/// How often it goes on before others have their turn.
const MAX_POLLS: usize = 8;

/// Polls a future again at once when it was woken while it was polled. A connection wakes itself with every
/// body that it hands to its handler; as a task of its own it would go to the end of the queue and wake
/// another worker to fetch it from there, which costs a small upload a tenth of its time.
#[derive(Debug)]
pub(crate) struct InPlace<F> {
    future: F,
    wakes: Arc<Wakes>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Wakes {
    task: AtomicWaker,
    is_polled: AtomicBool,
    came: AtomicBool,
}

impl<F> InPlace<F> {
    pub(crate) fn new(future: F) -> Self {
        let wakes = Arc::<Wakes>::default();
        let waker = Waker::from(Arc::clone(&wakes));
        Self { future, wakes, waker }
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.came.store(true, Ordering::SeqCst);
        if !self.is_polled.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl<F: Future + Unpin> Future for InPlace<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, wakes, waker } = &mut *self;
        wakes.task.register(context.waker());
        wakes.is_polled.store(true, Ordering::SeqCst);
        for _ in 0..MAX_POLLS {
            wakes.came.store(false, Ordering::SeqCst);
            if let Poll::Ready(output) = Pin::new(&mut *future).poll(&mut Context::from_waker(waker)) {
                return Poll::Ready(output);
            }
            if !wakes.came.load(Ordering::SeqCst) {
                break;
            }
        }
        wakes.is_polled.store(false, Ordering::SeqCst);
        // One that came since nobody looked, or too many of them.
        if wakes.came.load(Ordering::SeqCst) {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::atomic::AtomicUsize};

    use super::*;

    /// Counts the wakes of a task.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Polls once; what came of it, and how often the task was woken.
    fn poll_once<F: Future + Unpin>(future: &mut InPlace<F>) -> (Poll<F::Output>, usize) {
        let counter = Arc::<Counter>::default();
        let polled = Pin::new(future).poll(&mut Context::from_waker(&Waker::from(Arc::clone(&counter))));
        (polled, counter.0.load(Ordering::SeqCst))
    }

    /// Wakes itself `times` times before it is ready.
    fn restless(mut times: usize) -> impl Future<Output = ()> + Unpin {
        poll_fn(move |context| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn what_wakes_itself_goes_on_without_waking_the_task() {
        assert_eq!(poll_once(&mut InPlace::new(restless(3))), (Poll::Ready(()), 0));
    }

    #[test]
    fn what_never_rests_leaves_others_their_turn() {
        let mut future = InPlace::new(restless(MAX_POLLS));
        assert_eq!(poll_once(&mut future), (Poll::Pending, 1));
        assert_eq!(poll_once(&mut future), (Poll::Ready(()), 0));
    }

    #[test]
    fn what_is_woken_while_it_waits_wakes_the_task() {
        let mut inner = None;
        let mut future = InPlace::new(poll_fn(|context| {
            inner = Some(context.waker().clone());
            Poll::<()>::Pending
        }));
        let counter = Arc::<Counter>::default();
        let task = Waker::from(Arc::clone(&counter));
        assert!(Pin::new(&mut future).poll(&mut Context::from_waker(&task)).is_pending());
        assert_eq!(counter.0.load(Ordering::SeqCst), 0);
        drop(future);
        inner.unwrap().wake();
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_from_another_thread_is_lost() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let sending = tokio::task::spawn_blocking(move || (0..20_000).for_each(|number| sender.blocking_send(number).unwrap()));
        let receiving = async {
            let mut sum = 0u64;
            while let Some(number) = receiver.recv().await {
                sum += number;
            }
            sum
        };
        let sum = InPlace::new(std::pin::pin!(receiving)).await;
        sending.await.unwrap();
        assert_eq!(sum, 199_990_000);
    }
}
