using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tributary.Console.Tests.Kit;

/// <summary>Somebody's website, on an address of its own.</summary>
public sealed class TestSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSite(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>A page with this in its head.</summary>
    public static async Task<TestSite> StartAsync(string head)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/", () => Results.Content(
            string.Create(CultureInfo.InvariantCulture, $"<!doctype html><html><head><title>Shop</title><link rel=\"icon\" href=\"data:,\">{head}</head><body>Shop</body></html>"), "text/html"));
        await app.StartAsync();
        return new TestSite(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
