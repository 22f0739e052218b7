using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MudBlazor.Services;
using Tributary.Console.Access;
using Tributary.Console.Assets;
using Tributary.Console.Audiences;
using Tributary.Console.Destinations;
using Tributary.Console.Events;
using Tributary.Console.Home;
using Tributary.Console.Lake;
using Tributary.Console.Live;
using Tributary.Console.Profiles;
using Tributary.Console.Settings;
using Tributary.Console.Shared;
using Tributary.Console.Shell;
using Tributary.Console.Sources;
using Tributary.Engine.Audiences;
using Tributary.Engine.Delivery;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Console;

/// <summary>The console: registration and routes.</summary>
public static class ConsoleServices
{
    /// <summary>Adds the console. Needs the workspace, Processing, Delivery and the lake.</summary>
    /// <param name="services">The services.</param>
    /// <param name="dataFolder">Where the keys of session cookies are kept, sealed; so sessions outlive a restart.</param>
    public static IServiceCollection AddConsole(this IServiceCollection services, string dataFolder)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            // A page that was left alone for three minutes loads itself anew when somebody comes back; its memory is not kept for longer.
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
            circuits.DisconnectedCircuitMaxRetained = 50;
        });
        services.AddMudServices();
        services.AddCascadingAuthenticationState();
        services.AddAuthorization();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(ConsoleSession.Configure);
        services.AddAntiforgery(Configure);
        services.AddDataProtection().SetApplicationName("tributary").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(dataFolder, "sessions")));
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
            new ConfigureOptions<KeyManagementOptions>(keys => keys.XmlEncryptor = new SealedKeys(provider.GetRequiredService<SecretBox>())));

        services.AddSingleton<SignInGuard>().AddSingleton<SetUpCode>();
        services.AddSingleton<ReadingGate>().AddHostedService(provider => provider.GetRequiredService<ReadingGate>());
        services.AddSingleton<WorkspaceSignal>().AddSingleton<Pulse>();
        services.AddSingleton(provider => new AudienceBoard(
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<ComputationQueries>(),
            provider.GetRequiredService<ProfileQueries>(),
            provider.GetRequiredService<AudiencePreview>(),
            provider.GetRequiredService<ComputationExplainer>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LiveFeed(
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(), provider.GetRequiredService<DecidedLog>(), provider.GetRequiredService<ProcessingProgress>(),
            provider.GetRequiredService<EventQueries>(), provider.GetRequiredService<PassportQueries>(), provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<ReadingGate>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LiveFeed>>()));
        services.AddSingleton<SourceSchemas>();
        services.AddSingleton<SourceBoard>().AddSingleton<ProblemFinder>();
        services.AddSingleton<ProfileBoard>().AddSingleton<TraitBoard>().AddSingleton<TimelineBoard>();
        services.AddSingleton<EventBoard>().AddSingleton<EventMessages>().AddSingleton<LakeBoard>();
        services.AddSingleton<DestinationBoard>().AddSingleton<DestinationAsking>().AddSingleton<RecentEventsBoard>().AddSingleton<TrialBoard>();
        services.AddSingleton<MemberSightings>().AddSingleton<AuditBoard>().AddSingleton(new ConsoleFolder(dataFolder)).AddSingleton<ServerBoard>();
        return services.AddScoped<ConsoleAccess>().AddScoped<PaletteSearch>().AddScoped<Toasts>();
    }

    /// <summary>Reads the session cookie and guards forms. Stands after routing and before the endpoints; costs a request of an SDK nothing but a look at its endpoint.</summary>
    public static void UseConsole(this WebApplication app)
    {
        // Otherwise the host would read cookies of every request, those of SDKs too.
        IApplicationBuilder builder = app;
        builder.Properties["__AuthenticationMiddlewareSet"] = true;
        builder.Properties["__AuthorizationMiddlewareSet"] = true;
        // It knows since when it watches.
        _ = app.Services.GetRequiredService<MemberSightings>();
        app.Use(FindMissing);
        app.UseWhen(IsOurs, console =>
        {
            console.Use(EndWithServer);
            console.Use(AddHeaders);
            console.Use(ConsoleSession.BelieveProxy);
            console.UseAuthentication();
            console.UseAuthorization();
            console.UseAntiforgery();
        });
    }

    /// <summary>Maps the pages and their files.</summary>
    public static void MapConsole(this WebApplication app)
    {
        var console = app.MapGroup("").WithMetadata(new ConsoleEndpoint());
        ConsoleAssets.Map(console);
        console.MapPost("/sign-out", SignOutAsync).ExcludeFromDescription();
        console.MapRazorComponents<App>().AddInteractiveServerRenderMode(mode => mode.ContentSecurityFrameAncestorsPolicy = "'none'");
    }

    // A person who asks for a page that is not there gets one that says so; programs get the plain 404 that they had before there was a console.
    private static Task FindMissing(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (context.GetEndpoint() is null && HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            && !OfPrograms.Any(prefix => request.Path.StartsWithSegments(prefix, StringComparison.Ordinal)))
        {
            context.SetEndpoint(context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().First(page => page.RoutePattern.RawText == NotFoundPath));
            // Not at once: Blazor renders nothing into an answer that already says that there is nothing.
            context.Response.OnStarting(static state =>
            {
                ((HttpResponse)state).StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }, context.Response);
        }

        return next(context);
    }

    private const string NotFoundPath = "/not-found";

    private static readonly string[] OfPrograms = ["/v1", "/api", "/assets", "/analytics.js", "/analytics-next"];

    // A page notices at once that its connection has ended and asks for a new one. Taken in while the server stops, that one would hold the server until the host
    // loses patience, after thirty seconds.
    private static async Task EndWithServer(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (stopping.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using var ending = stopping.Register(context.Abort);
        await next(context);
    }

    private static bool IsOurs(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ConsoleEndpoint>() is not null;

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context)) return Results.BadRequest();
        await ConsoleSession.EndAsync(context);
        return Results.Redirect(ConsoleSession.SignInPath);
    }

    private static void Configure(AntiforgeryOptions antiforgery)
    {
        antiforgery.Cookie.Name = "tributary.forms";
        antiforgery.Cookie.SameSite = SameSiteMode.Strict;
        antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        antiforgery.SuppressXFrameOptionsHeader = true;
    }

    // Scripts, styles, pictures and connections from here and nowhere else. MudBlazor places its menus with style attributes; those alone may be inline.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    private static Task AddHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        return next(context);
    }

    private sealed class ConsoleEndpoint;
}
