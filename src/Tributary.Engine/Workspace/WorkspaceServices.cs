using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Workspace;

/// <summary>Registers the workspace.</summary>
public static class WorkspaceServices
{
    /// <summary>
    /// Adds <see cref="LiveWorkspace"/>, opened from the state store and the received log when it is first asked for, and the catalogue of the destinations
    /// that are registered as <see cref="DestinationKind"/>. Who only reads takes a <c>Func&lt;WorkspaceSnapshot&gt;</c>.
    /// </summary>
    /// <remarks>
    /// The rest of the log is read from where <see cref="ProcessingProgress"/> stands at that moment; when Processing has not been opened yet, that is the
    /// beginning, which is right too.
    /// </remarks>
    public static IServiceCollection AddWorkspace(this IServiceCollection services) => services
        .AddSingleton<DestinationCatalog>()
        .AddSingleton<MemberRegister>()
        .AddSingleton<SourceDesk>()
        .AddSingleton<SpaceDesk>()
        .AddSingleton<TokenDesk>()
        .AddSingleton<SavedQueryDesk>()
        .AddSingleton<DestinationDesk>()
        .AddSingleton<Func<WorkspaceSnapshot>>(provider =>
        {
            var workspace = provider.GetRequiredService<LiveWorkspace>();
            return () => workspace.Current;
        })
        .AddSingleton(provider => LiveWorkspace.Open(
            provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<ReceivedLog>().Log,
            provider.GetRequiredService<ProcessingProgress>().Processed,
            provider.GetRequiredService<TimeProvider>()));
}
