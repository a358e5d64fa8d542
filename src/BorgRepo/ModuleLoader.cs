using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace BorgRepo;

/// <summary>
/// Lets the engine and its libraries load into a context of their own, so that another module's versions of the same
/// libraries do no harm, and ours do none to it. PowerShell calls it when it loads the module's assembly.
/// </summary>
public sealed class ModuleLoader : IModuleAssemblyInitializer
{
    // The only name asked for from outside. Nobody else has it, so the default context cannot come first with another one.
    private const string EngineName = "BorgRepo.Core";

    private static int s_subscribed;

    /// <inheritdoc/>
    public void OnImport()
    {
        // Once per process and for good: OnImport comes again with every runspace, and a runspace that removes the
        // module must not take the engine from the others.
        if (Interlocked.Exchange(ref s_subscribed, 1) == 0)
        {
            var context = new EngineContext(Path.Combine(Path.GetDirectoryName(typeof(ModuleLoader).Assembly.Location)!, "deps"));
            AssemblyLoadContext.Default.Resolving += (_, name) => name.Name == EngineName ? context.LoadFromAssemblyName(name) : null;
        }
    }

    private sealed class EngineContext(string folder) : AssemblyLoadContext("BorgRepo", isCollectible: false)
    {
        // Null sends the request on to the default context: framework types must be the same on both sides.
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string file = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
        }
    }
}
