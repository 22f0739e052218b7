using Tributary.Console;
using Tributary.Destinations;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Functions;
using Tributary.Destinations.Kafka;
using Tributary.Engine.Audiences;
using Tributary.Engine.Delivery;
using Tributary.Engine.Ingest;
using Tributary.Engine.Lake;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Server.Files;

namespace Tributary.Server;

/// <summary>The whole server: its services in the order in which data flows, then its routes. Tests start it as the command line does.</summary>
public static class TributaryHost
{
    /// <summary>Composes the server; nothing listens yet and no file is open.</summary>
    public static WebApplication Build(ServeOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var hush = new StartHush();
        builder.AddRim(options, hush);
        builder.Services.AddData(options.DataFolder).AddWorkspace();
        builder.Services.AddIngest().AddProcessing().AddProfiles().AddAudiences().AddLake(lake => lake.Folder = Path.Combine(options.DataFolder, "lake")).AddGathering().AddSqlTraits();
        builder.Services.AddDelivery().AddActions(builder.Configuration).AddFunctions(builder.Configuration)
            .AddNativeDestinations(Path.Combine(options.DataFolder, "exports"), KafkaKind.IsAllowed(builder.Configuration));
        builder.Services.AddWorkspaceFile().AddConsole(options.DataFolder);
        options.Configure?.Invoke(builder);

        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(hush.End);
        app.UseFailureAnswers();
        app.UseAccessControl();
        app.UseConsole();
        app.MapProbes();
        var api = app.MapGroup("/api").RequireScope(Scopes.Admin, ApiAnswer.RejectAsync);
        api.MapWorkspaceApi();
        app.MapTrackingApi();
        app.MapFunctionDoor();
        app.MapGroup("").RequireScope(Scopes.ProfilesRead, ProfileApi.RejectAsync).MapProfileApi();
        var management = app.MapGroup("").RequireScope(Scopes.Admin, ApiAnswer.RejectAsync);
        management.MapGraphApi();
        management.MapIdentityApi();
        management.MapQuarantineApi();
        management.MapLakeApi();
        management.MapDeliveryApi();
        management.MapActionsApi();
        management.MapToolsApi();
        management.MapAudiencesApi();
        management.MapExplainApi();
        management.MapEvaluatingApi();
        management.MapSqlTraitsApi();
        management.MapFunctionsApi();
        api.MapUnknown();
        app.MapConsole();
        return app;
    }

    /// <summary>
    /// Builds the server, opens its data, prepares the workspace and starts to listen. Ends with an error that says what to do when the data folder or the
    /// address cannot be used.
    /// </summary>
    public static async Task<StartedServer> StartAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        // What fails here fails again, and is told, when the store is opened.
        _ = Task.Run(RocksStateStore.LoadLibrary, cancellationToken);
        var app = Build(options);
        try
        {
            // The processor first: it knows from where on the log may hold revisions that the store does not.
            _ = app.Services.GetRequiredService<Processor>();
            var workspace = app.Services.GetRequiredService<LiveWorkspace>();
            if (await WorkspaceSetup.PrepareAsync(workspace, options.AdminToken, cancellationToken) is { } first) options.FirstStarted?.Invoke(first);
            await app.StartAsync(cancellationToken);
            return new StartedServer(app);
        }
        catch
        {
            // Workers that started before the failure must not meet files that are closed under them.
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
            throw;
        }
    }
}

/// <summary>A server that listens.</summary>
/// <param name="App">The server; disposing it stops it.</param>
public sealed record StartedServer(WebApplication App) : IAsyncDisposable
{
    /// <summary>An address under which this machine reaches the server.</summary>
    public string Address
    {
        get
        {
            var url = App.Urls.First();
            return url.Replace("//[::]:", "//localhost:", StringComparison.Ordinal).Replace("//0.0.0.0:", "//localhost:", StringComparison.Ordinal);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Disposing alone does not wait for the workers, which would then meet a state store that is closed under them.
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
