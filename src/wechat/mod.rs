//! The client of WeChat's customer-service API.
