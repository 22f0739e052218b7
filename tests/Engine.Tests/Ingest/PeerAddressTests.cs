using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("203.0.113.5", null, "", "203.0.113.5")]
    [InlineData("::ffff:203.0.113.5", null, "", "203.0.113.5")]
    [InlineData("2001:db8::1", null, "", "")]
    [InlineData("203.0.113.5", "198.51.100.1", "", "203.0.113.5")]
    [InlineData("10.0.0.1", "198.51.100.1", "10.0.0.0/8", "198.51.100.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 198.51.100.1", "10.0.0.0/8", "198.51.100.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.0/8", "198.51.100.1")]
    [InlineData("10.0.0.1", "2001:db8::1", "10.0.0.0/8", "")]
    [InlineData("10.0.0.1", "nonsense", "10.0.0.0/8", "10.0.0.1")]
    [InlineData("10.0.0.1", null, "10.0.0.0/8", "10.0.0.1")]
    [InlineData("203.0.113.5", "198.51.100.1", "10.0.0.0/8", "203.0.113.5")]
    public void Only_trusted_proxies_are_believed(string peer, string? forwarded, string proxies, string expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (forwarded is not null) context.Request.Headers["X-Forwarded-For"] = forwarded;
        IPNetwork[] networks = proxies.Length == 0 ? [] : [IPNetwork.Parse(proxies)];

        Assert.Equal(expected, Encoding.ASCII.GetString(PeerAddress.Of(context.Request, networks).Span));
    }

    [Theory]
    [InlineData("10.0.0.1", "https", "https")]
    [InlineData("10.0.0.1", "gopher", "http")]
    [InlineData("10.0.0.1", null, "http")]
    [InlineData("203.0.113.5", "https", "http")]
    public void The_scheme_is_the_proxys_word_only_when_it_is_trusted(string peer, string? told, string expected)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "http" } };
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (told is not null) context.Request.Headers["X-Forwarded-Proto"] = told;

        Assert.Equal(expected, PeerAddress.SchemeOf(context.Request, [IPNetwork.Parse("10.0.0.0/8")]));
    }
}
