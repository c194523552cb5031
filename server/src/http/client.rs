//! Who sends a request and what for: address, device, and the text in the path.

use std::{convert::Infallible, net::IpAddr, net::SocketAddr, sync::Arc};

use app::room::Device;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
};

use super::Services;
use crate::device::DeviceHints;

/// The sender of a request, as far as the server can tell.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The address of the other end of the connection.
    pub(crate) address: IpAddr,
    headers: HeaderMap,
}

impl Client {
    /// What the request says of its device; `touch_points` as the page counted them.
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
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>().expect("the server is made with connect info");
        Ok(Self { address: peer.ip().to_canonical(), headers: parts.headers.clone() })
    }
}

/// The one parameter of a path, as text; what is no text is nothing that exists, so it is empty.
#[derive(Clone, Debug)]
pub(crate) struct PathText(pub(crate) String);

impl FromRequestParts<Arc<Services>> for PathText {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, services).await;
        Ok(Self(text.map(|Path(text)| text).unwrap_or_default()))
    }
}
