//! The client that sent a request: its address and its device.

use std::{convert::Infallible, net::IpAddr, net::SocketAddr, sync::Arc};

use app::room::Device;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};

use crate::{device::DeviceHints, http::Services};

/// The sender of a request, as far as the server can tell.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The address of the other end of the connection.
    pub(crate) address: IpAddr,
    headers: HeaderMap,
}

impl Client {
    /// The address of the client that sent a request with these extensions.
    pub(crate) fn address_of(extensions: &Extensions) -> IpAddr {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>().expect("the connection adds its peer's address");
        peer.ip().to_canonical()
    }

    /// The device that the headers of the request describe. `touch_points` is the number that the page reported, if it
    /// did.
    pub(crate) fn device(&self, services: &Services, touch_points: Option<u32>) -> Device {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        services.devices.detect(&DeviceHints {
            user_agent: header("user-agent").unwrap_or_default(),
            ch_ua: header("sec-ch-ua"),
            ch_ua_mobile: header("sec-ch-ua-mobile"),
            ch_ua_platform: header("sec-ch-ua-platform"),
            ch_ua_form_factors: header("sec-ch-ua-form-factors"),
            touch_points,
        })
    }
}

impl FromRequestParts<Arc<Services>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Services>) -> Result<Self, Infallible> {
        Ok(Self { address: Self::address_of(&parts.extensions), headers: parts.headers.clone() })
    }
}
